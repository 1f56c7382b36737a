import { hash } from 'node:crypto'
import type { Libp2p, PeerId } from '@libp2p/interface'
import type { Clock } from '@p2pshare/base'
import type { AddressScope } from '../node/address-scope.ts'
import { DHT_MESSAGE, SERVING } from '../limits/index.ts'
import type { Kad } from './kad-internals.ts'
import type { KadPeerRecord } from './message.ts'
import { readPeerId, writePeer } from './peer-records.ts'

/** What answers about servers are made from. */
export interface KnownServersInit {
  kad: Pick<Kad, 'routingTable'>
  node: Pick<Libp2p, 'peerId' | 'peerStore'>
  scope: AddressScope
  clock: Clock
}

/**
 * The servers that we name to others. What the peer store says of each is kept for a minute: reading it takes
 * longer than all the rest of an answer of twenty.
 */
export class KnownServers {
  readonly #init: KnownServersInit
  /** Undefined: no address in scope. In the order in which they were read. */
  readonly #records = new Map<string, { record: KadPeerRecord | undefined; until: number }>()

  constructor(init: KnownServersInit) {
    this.#init = init
  }

  /** Those of our routing table that are closest to a key, and the peer itself that the key names when it is known. */
  async closest(key: Uint8Array, asker: PeerId): Promise<KadPeerRecord[]> {
    const { kad, node } = this.#init
    const position = hash('sha256', key, 'buffer')
    // Two more: ourselves and the asker are left out.
    const peers = kad.routingTable.closestPeers(position, { count: DHT_MESSAGE.maxPeers + 2 })
    const named = readPeerId(key)
    const all = named === undefined ? peers : [named, ...peers.filter((peer) => !peer.equals(named))]
    const out: KadPeerRecord[] = []
    for (const peer of all) {
      if (peer.equals(asker) || peer.equals(node.peerId)) continue
      const record = await this.#recordOf(peer)
      if (record !== undefined) out.push(record)
      if (out.length >= DHT_MESSAGE.maxPeers) break
    }
    return out
  }

  async #recordOf(peer: PeerId): Promise<KadPeerRecord | undefined> {
    const { node, scope, clock } = this.#init
    const name = peer.toString()
    const known = this.#records.get(name)
    if (known !== undefined && clock.now() < known.until) return known.record
    // NotFoundError: nothing is known, which is an answer.
    const info = await node.peerStore.getInfo(peer).catch(() => undefined)
    const record = info === undefined ? undefined : writePeer(peer, info.multiaddrs, scope)
    this.#records.delete(name)
    for (const oldest of this.#records.keys()) {
      if (this.#records.size < SERVING.maxKnown) break
      this.#records.delete(oldest)
    }
    this.#records.set(name, { record, until: clock.now() + SERVING.knownFor })
    return record
  }
}

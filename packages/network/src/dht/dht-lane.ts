import type { PeerId, PeerInfo } from '@libp2p/interface'
import type { Provider } from '@p2pshare/ports'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { decode } from 'multiformats/hashes/digest'
import type { AddressScope } from '../node/address-scope.ts'
import type { Kad } from './kad-internals.ts'
import { boundedSignal } from './signals.ts'

/** Which DHT a lane speaks. */
export interface LaneProfile {
  source: Provider['source']
  /** Protocol id, also the name under which its state is stored. */
  protocol: string
  /** Addresses that are told and believed in this DHT. */
  scope: AddressScope
  /** Whether we answer requests from the start, or become a server when we turn out to be reachable. */
  mode: 'server' | 'when-reachable'
}

/** One DHT of this node. Each is queried on its own: a slow or empty one never delays another. */
export class DhtLane {
  readonly profile: LaneProfile
  readonly self: PeerId
  readonly #kad: Kad
  readonly #serverListeners = new Set<(peer: PeerId) => void>()

  constructor(profile: LaneProfile, self: PeerId, kad: Kad) {
    this.profile = profile
    this.self = self
    this.#kad = kad
    kad.routingTable.addEventListener('peer:add', (event) => {
      const peer = (event as CustomEvent<PeerId>).detail
      if (!peer.equals(self)) for (const listen of this.#serverListeners) listen(peer)
    })
  }

  /** DHT servers in our routing table. */
  get size(): number {
    // kad-dht keeps ourselves in the table once it runs.
    return this.#servers().length
  }

  /** Whether we answer requests. */
  get mode(): 'client' | 'server' {
    return this.#kad.getMode()
  }

  /** Calls `listen` for each server that enters the routing table; the answer ends that. */
  onServer(listen: (peer: PeerId) => void): () => void {
    this.#serverListeners.add(listen)
    return () => this.#serverListeners.delete(listen)
  }

  /** The servers of our table that are closest to a position, at most 1000. */
  tableOf(position: bigint): PeerId[] {
    const bytes = Buffer.from(position.toString(16).padStart(64, '0'), 'hex')
    return this.#kad.routingTable
      .closestPeers(bytes, { count: 1000 })
      .filter((peer) => !peer.equals(this.self))
  }

  #servers(): PeerId[] {
    return this.tableOf(0n)
  }

  /**
   * Waits until the table has a server.
   * @returns whether it has one; false when `timeout` ms are over or `signal` fires
   */
  async waitForServer(signal: AbortSignal, timeout: number): Promise<boolean> {
    if (this.size > 0) return true
    const bounded = boundedSignal(signal, timeout)
    const { promise, resolve } = Promise.withResolvers<void>()
    const forget = this.onServer(() => resolve())
    bounded.signal.addEventListener('abort', () => resolve(), { once: true })
    if (!bounded.signal.aborted) await promise
    forget()
    bounded.release()
    return this.size > 0
  }

  /**
   * Looks for the servers closest to a key.
   * @returns at most 20, closest first, each of which has answered; empty when nobody did, the time (ms) is up, or `signal` fires
   */
  async closest(key: Uint8Array, signal: AbortSignal, timeout: number): Promise<PeerInfo[]> {
    const bounded = boundedSignal(signal, timeout)
    const out: PeerInfo[] = []
    try {
      for await (const event of this.#kad.getClosestPeers(key, { signal: bounded.signal })) {
        if (event.name === 'FINAL_PEER' && !event.peer.id.equals(this.self)) out.push(event.peer)
      }
    } catch (error) {
      if (!bounded.signal.aborted) throw error
    } finally {
      bounded.release()
    }
    return out
  }

  /** Asks for providers of a multihash and yields them as answers come; throws when `signal` fires. */
  async *providers(multihash: Uint8Array, signal: AbortSignal): AsyncGenerator<PeerInfo> {
    const cid = CID.createV1(raw.code, decode(multihash))
    for await (const event of this.#kad.findProviders(cid, { signal })) {
      if (event.name === 'PROVIDER') yield* event.providers
    }
  }
}

import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { ShareError } from '@p2pshare/base'
import { DHT_MESSAGE, SERVING } from '../limits/index.ts'
import { type AddressScope, hostBlock, hostOf, isLoopbackHost } from '../node/address-scope.ts'
import type { Kad } from './kad-internals.ts'
import { KnownServers } from './known-servers.ts'
import { decodeKadMessage, encodeKadMessage, type KadMessage, type KadPeerRecord } from './message.ts'
import { MessageStream } from './message-stream.ts'
import { fitText, readAddresses, readPeerId, writePeer } from './peer-records.ts'
import type { ProviderRecords } from './provider-records.ts'
import { ReadBudget } from './read-budget.ts'
import { type Asker, RequestPace } from './request-pace.ts'

/** What answers of this node are made from. */
export interface KadServerInit {
  node: Pick<Libp2p, 'peerId' | 'getMultiaddrs' | 'peerStore'>
  scope: AddressScope
  records: ProviderRecords
  /** Whether this node itself has the content behind a multihash. */
  provides: (multihash: Uint8Array) => boolean
}

/**
 * Replaces kad-dht's answering of requests. Stock stops reading a half-closed stream with messages
 * still in its buffer, resets the stream when one provider is missing in the peer store, stores any
 * number of records, takes value records, and has no rates (reliability.md D1–D3).
 */
export function serveRequests(kad: Kad, init: KadServerInit): void {
  const server = new KadServer(kad, init)
  const budget = new ReadBudget()
  kad.rpc.onIncomingStream = async (stream, connection) => {
    try {
      await server.answerAll(new MessageStream(stream, connection.remotePeer.toString(), budget), connection)
      await stream.close({ signal: AbortSignal.timeout(DHT_MESSAGE.idleTimeout) })
    } catch (error) {
      stream.abort(error as Error)
    }
  }
}

/** The other end of a stream. */
interface Client {
  peer: PeerId
  /** IP literal that it is seen at; undefined through a relay. */
  host: string | undefined
  asker: Asker
}

class KadServer {
  readonly #init: KadServerInit
  readonly #servers: KnownServers
  readonly #stores: RequestPace
  readonly #queries: RequestPace

  constructor(kad: Kad, init: KadServerInit) {
    this.#init = init
    const { node, scope, records } = init
    const { clock } = records
    this.#servers = new KnownServers({ kad, node, scope, clock })
    this.#stores = new RequestPace(SERVING.stores, clock)
    this.#queries = new RequestPace(SERVING.answerBytes, clock)
  }

  /** Answers one message after another until the other side ends the stream; throws for what must reset it. */
  async answerAll(messages: MessageStream, connection: Connection): Promise<void> {
    const client = clientOf(connection)
    for (;;) {
      const bytes = await messages.next()
      if (bytes === undefined) return
      const request = decodeKadMessage(bytes)
      if (request === undefined) throw badMessage('it is malformed')
      const answer = await this.#answer(request, client)
      if (answer !== undefined) await messages.send(answer)
    }
  }

  async #answer(request: KadMessage, client: Client): Promise<Uint8Array | undefined> {
    const stores = request.type === 'ADD_PROVIDER' || request.type === 'PING'
    const turn = stores
      ? this.#stores.enter(client.asker, 1)
      : this.#queries.enter(client.asker, SERVING.leastAnswer)
    if (turn === 'refused') throw badMessage('too many of this peer wait already')
    // Most need not wait, and a promise for each of a thousand records would be felt.
    if (turn !== undefined) await turn
    if (request.type === 'PING') return PONG
    // Value records are no part of this project: nothing a stranger sends is stored under a key of its choice.
    if (request.type === 'PUT_VALUE' || request.key === undefined || request.key.byteLength === 0)
      throw badMessage('it is of a kind that this node refuses')
    await this.#init.records.loaded
    if (request.type === 'ADD_PROVIDER') {
      this.#addProvider(request.key, request.providers, client)
      return undefined
    }
    const answer = encodeKadMessage({
      type: request.type,
      key: request.key,
      closer: await this.#servers.closest(request.key, client.peer),
      providers: request.type === 'GET_PROVIDERS' ? this.#providersOf(request.key) : []
    })
    this.#queries.charge(client.asker, Math.max(0, answer.byteLength - SERVING.leastAnswer))
    return answer
  }

  /** Only what a peer says about itself counts, and only with an address under which it can be reached. */
  #addProvider(key: Uint8Array, providers: readonly KadPeerRecord[], { peer, host }: Client): void {
    const self = peer.toMultihash().bytes
    const own = providers.find(({ id }) => sameBytes(id, self) || readPeerId(id)?.equals(peer) === true)
    if (own === undefined) return
    const addresses = fitText(readAddresses(own.multiaddrs, this.#init.scope))
    if (addresses.length > 0) this.#init.records.add(key, { peer: peer.toString(), host, addresses })
  }

  #providersOf(key: Uint8Array): KadPeerRecord[] {
    const { node, scope, records, provides } = this.#init
    const out: KadPeerRecord[] = []
    if (provides(key)) {
      const self = writePeer(node.peerId, node.getMultiaddrs(), scope)
      if (self !== undefined) out.push(self)
    }
    for (const record of records.providers(key, DHT_MESSAGE.maxPeers - out.length)) {
      const addresses = record.addresses.map((text) => multiaddr(text))
      const peer = writePeer(peerIdFromString(record.peer), addresses, scope)
      if (peer !== undefined) out.push(peer)
    }
    return out
  }
}

const PONG = encodeKadMessage({ type: 'PING', closer: [], providers: [] })

/** On this machine, and through a relay, many peers share an address that is none of theirs. */
function clientOf({ remotePeer, remoteAddr }: Connection): Client {
  const host = hostOf(remoteAddr)
  const block = host === undefined || isLoopbackHost(host) ? undefined : hostBlock(host)
  return { peer: remotePeer, host, asker: { peer: remotePeer.toString(), block } }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** Ends the stream, not the connection: a DHT peer of another kind may still be a good swarm peer. */
function badMessage(why: string): ShareError {
  return new ShareError({
    code: 'network.bad-dht-message',
    fault: 'peer',
    message: `A DHT message was not taken: ${why}.`
  })
}

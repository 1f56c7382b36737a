import type { Libp2p, PeerId, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { ShareError } from '@p2pshare/base'
import type { AddressScope } from '../node/address-scope.ts'
import { DHT_MESSAGE } from '../limits/index.ts'
import type { Kad } from './kad-internals.ts'
import { decodeKadMessage, encodeKadMessage, type KadMessage, type KadPeerRecord } from './message.ts'
import { readAddresses, readPeerId, writePeer } from './peer-records.ts'
import type { ProviderRecords } from './provider-records.ts'

/** What answers of this node are made from. */
export interface KadServerInit {
  node: Pick<Libp2p, 'peerId' | 'getMultiaddrs'>
  scope: AddressScope
  records: ProviderRecords
  /** Whether this node itself has the content behind a multihash. */
  provides: (multihash: Uint8Array) => boolean
}

/**
 * Replaces kad-dht's answering of requests. Stock stops reading a half-closed stream with messages
 * still in its buffer, resets the stream when one provider is missing in the peer store, stores any
 * number of records, and takes value records (reliability.md D1–D3).
 */
export function serveRequests(kad: Kad, init: KadServerInit): void {
  kad.rpc.onIncomingStream = async (stream, connection) => {
    try {
      await answerAll(kad, init, stream, connection.remotePeer)
      await stream.close({ signal: AbortSignal.timeout(DHT_MESSAGE.idleTimeout) })
    } catch (error) {
      stream.abort(error as Error)
    }
  }
}

/** Answers one message after another until the other side ends the stream; throws for what must reset it. */
async function answerAll(kad: Kad, init: KadServerInit, stream: Stream, from: PeerId): Promise<void> {
  const frames = lpStream(stream, {
    maxDataLength: DHT_MESSAGE.maxSize,
    maxBufferSize: DHT_MESSAGE.maxUnread
  })
  for (;;) {
    const signal = AbortSignal.timeout(DHT_MESSAGE.idleTimeout)
    let bytes: Uint8Array
    try {
      bytes = (await frames.read({ signal })).subarray()
    } catch (error) {
      if (error instanceof Error && error.name === 'UnexpectedEOFError') return
      throw error
    }
    const request = decodeKadMessage(bytes)
    if (request === undefined) throw badMessage('it is malformed')
    const answer = await answerOne(kad, init, request, from)
    if (answer === 'refused') throw badMessage('it is of a kind that this node refuses')
    if (answer !== undefined) await frames.write(encodeKadMessage(answer), { signal })
  }
}

async function answerOne(
  kad: Kad,
  init: KadServerInit,
  request: KadMessage,
  from: PeerId
): Promise<KadMessage | undefined | 'refused'> {
  if (request.type === 'PING') return { type: 'PING', closer: [], providers: [] }
  // Value records are no part of this project: nothing a stranger sends is stored under a key of its choice.
  if (request.type === 'PUT_VALUE' || request.key === undefined || request.key.byteLength === 0)
    return 'refused'
  if (request.type === 'ADD_PROVIDER') {
    addProvider(init, request, from)
    return undefined
  }
  return {
    type: request.type,
    key: request.key,
    closer: await closerPeers(kad, init, request.key, from),
    providers: request.type === 'GET_PROVIDERS' ? providersOf(init, request.key) : []
  }
}

/** Ends the stream, not the connection: a DHT peer of another kind may still be a good swarm peer. */
function badMessage(why: string): ShareError {
  return new ShareError({
    code: 'network.bad-dht-message',
    fault: 'peer',
    message: `A DHT message was not taken: ${why}.`
  })
}

/** Only what a peer says about itself counts, and only with an address under which it can be reached. */
function addProvider(init: KadServerInit, request: KadMessage, from: PeerId): void {
  const own = request.providers.find((record) => readPeerId(record.id)?.equals(from) === true)
  if (own === undefined || request.key === undefined) return
  const addresses = readAddresses(own.multiaddrs, init.scope)
  if (addresses.length > 0) init.records.add(request.key, from.toString(), addresses.map(String))
}

async function closerPeers(
  kad: Kad,
  init: KadServerInit,
  key: Uint8Array,
  from: PeerId
): Promise<KadPeerRecord[]> {
  const self = init.node.peerId
  const peers = await kad.peerRouting.getClosestPeersOffline(key, { exclude: [from, self] })
  const out: KadPeerRecord[] = []
  for (const peer of peers) {
    if (peer.id.equals(from) || peer.id.equals(self)) continue
    const record = writePeer(peer.id, peer.multiaddrs, init.scope)
    if (record !== undefined) out.push(record)
    if (out.length >= DHT_MESSAGE.maxPeers) break
  }
  return out
}

function providersOf(init: KadServerInit, key: Uint8Array): KadPeerRecord[] {
  const out: KadPeerRecord[] = []
  if (init.provides(key)) {
    const self = writePeer(init.node.peerId, init.node.getMultiaddrs(), init.scope)
    if (self !== undefined) out.push(self)
  }
  for (const record of init.records.providers(key, DHT_MESSAGE.maxPeers - out.length)) {
    const peer = writePeer(
      peerIdFromString(record.peer),
      record.addresses.map((text) => multiaddr(text)),
      init.scope
    )
    if (peer !== undefined) out.push(peer)
  }
  return out
}

import type { AbortOptions, PeerInfo, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { ShareError } from '@p2pshare/base'
import type { AddressScope } from '../node/address-scope.ts'
import { DHT_MESSAGE, HEARSAY } from '../limits/index.ts'
import type { Kad, KadExchange } from './kad-internals.ts'
import { decodeKadMessage, encodeKadMessage, type KadMessage, type KadMessageType } from './message.ts'
import { LatelyTold } from './lately-told.ts'
import { readPeers } from './peer-records.ts'

/**
 * Replaces kad-dht's exchange of one request: an answer has at most {@link DHT_MESSAGE.maxSize}
 * bytes (stock: 4 MiB), 20 peers a list and 8 addresses in scope a peer, and one malformed entry
 * costs only itself (reliability.md D3). Peers named as closer become candidates for the routing
 * table, and their addresses are kept: once a minute, since most answers of a lookup name the same peers.
 */
export function boundResponses(kad: Kad, scope: AddressScope): void {
  const told = new LatelyTold(HEARSAY.most, HEARSAY.age)
  kad.network._writeReadMessage = async (stream, request, options) => {
    const answer = await exchange(stream, toMessage(request), options)
    const closer = readPeers(answer.closer, scope)
    for (const peer of closer) {
      if (peer.multiaddrs.length === 0) continue
      const text = `${peer.id} ${peer.multiaddrs.join(' ')}`
      if (told.isNew(text, performance.now()))
        kad.network.dispatchEvent(new CustomEvent<PeerInfo>('peer', { detail: peer }))
    }
    return {
      type: answer.type,
      closer: closer.map(toRecord),
      providers: readPeers(answer.providers, scope).map(toRecord)
    }
  }
}

/**
 * Sends one DHT request and reads its answer, which must be of the same type.
 * @throws ShareError `network.bad-dht-answer`, or what the stream throws
 */
async function exchange(stream: Stream, request: KadMessage, options: AbortOptions): Promise<KadMessage> {
  const frames = lpStream(stream, { maxDataLength: DHT_MESSAGE.maxSize })
  await frames.write(encodeKadMessage(request), options)
  const answer = decodeKadMessage((await frames.read(options)).subarray())
  if (answer !== undefined && answer.type === request.type) return answer
  throw new ShareError({
    code: 'network.bad-dht-answer',
    fault: 'peer',
    message: 'The DHT server sent something else than an answer.'
  })
}

function toMessage(request: Partial<KadExchange>): KadMessage {
  return {
    type: request.type as KadMessageType,
    closer: request.closer ?? [],
    providers: request.providers ?? [],
    ...(request.key === undefined ? {} : { key: request.key })
  }
}

function toRecord(peer: PeerInfo): { id: Uint8Array; multiaddrs: Uint8Array[] } {
  return { id: peer.id.toMultihash().bytes, multiaddrs: peer.multiaddrs.map((address) => address.bytes) }
}

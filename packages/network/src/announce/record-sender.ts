import type { Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import { ShareError } from '@p2pshare/base'
import type { AddressScope } from '../node/address-scope.ts'
import { boundedSignal } from '../dht/signals.ts'
import { decodeKadMessage, encodeKadMessage, type KadPeerRecord } from '../dht/message.ts'
import { writePeer } from '../dht/peer-records.ts'
import { ANNOUNCE, DHT_MESSAGE } from '../limits/index.ts'

/** What sending records needs of the node. */
export interface RecordSenderInit {
  node: Pick<Libp2p, 'dialProtocol' | 'peerId' | 'getMultiaddrs'>
  protocol: string
  scope: AddressScope
}

/** Our own entry of a provider record: peer id and the addresses that are true in this DHT; undefined when there are none. */
export function ownRecord(init: RecordSenderInit): KadPeerRecord | undefined {
  return writePeer(init.node.peerId, init.node.getMultiaddrs(), init.scope)
}

/**
 * Stores provider records on one server: one stream, {@link ANNOUNCE.recordsPerWrite} records a
 * write, each write followed by a ping whose answer is awaited. ADD_PROVIDER itself has no answer,
 * and stock servers drop what they have not read when the stream is half-closed.
 *
 * @param keys - multihashes
 * @throws ShareError or what libp2p throws; some of the records may have been stored
 */
export async function sendRecords(
  init: RecordSenderInit,
  peer: string,
  keys: readonly Uint8Array[],
  parent: AbortSignal
): Promise<void> {
  const record = ownRecord(init)
  if (record === undefined)
    throw new ShareError({
      code: 'network.no-address',
      fault: 'network',
      message: 'This node has no address to announce in this DHT.'
    })
  const bounded = boundedSignal(parent, ANNOUNCE.sendTimeout)
  let stream: Stream | undefined
  try {
    const { signal } = bounded
    stream = await init.node.dialProtocol(peerIdFromString(peer), init.protocol, { signal })
    const frames = lpStream(stream, { maxDataLength: DHT_MESSAGE.maxSize })
    for (let i = 0; i < keys.length; i += ANNOUNCE.recordsPerWrite) {
      const messages = keys
        .slice(i, i + ANNOUNCE.recordsPerWrite)
        .map((key) => encodeKadMessage({ type: 'ADD_PROVIDER', key, closer: [], providers: [record] }))
      await frames.writeV([...messages, PING], { signal })
      const answer = decodeKadMessage((await frames.read({ signal })).subarray())
      if (answer?.type !== 'PING')
        throw new ShareError({
          code: 'network.bad-dht-answer',
          fault: 'peer',
          message: 'The DHT server sent something else than an answer.'
        })
    }
    finish(stream)
  } catch (error) {
    stream?.abort(error as Error)
    throw error
  } finally {
    bounded.release()
  }
}

/** Half-closes a stream on which all is answered, and resets it when the other side leaves its half open. */
function finish(stream: Stream): void {
  const signal = AbortSignal.timeout(DHT_MESSAGE.closeTimeout)
  const reset = (): void => stream.abort(new DOMException('not closed in time', 'TimeoutError'))
  signal.addEventListener('abort', reset, { once: true })
  stream.addEventListener('close', () => signal.removeEventListener('abort', reset), { once: true })
  stream.close({ signal }).catch(reset)
}

const PING = encodeKadMessage({ type: 'PING', closer: [], providers: [] })

import { hash } from 'node:crypto'
import type { Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import { ShareError } from '@p2pshare/base'
import type { AddressScope } from '../node/address-scope.ts'
import { type BoundedSignal, boundedSignal } from '../dht/signals.ts'
import { decodeKadMessage, encodeKadMessage, type KadPeerRecord } from '../dht/message.ts'
import { writePeer } from '../dht/peer-records.ts'
import { ANNOUNCE, DHT_MESSAGE } from '../limits/index.ts'

/** What sending records needs of the node. */
export interface RecordSenderInit {
  node: Pick<Libp2p, 'dialProtocol' | 'peerId' | 'getMultiaddrs'>
  protocol: string
  scope: AddressScope
}

/** Called after each write with the time it took (ms); the next one waits for the answer. */
export type Between = (took: number) => Promise<void>

/** Our own entry of a provider record: peer id and the addresses that are true in this DHT; undefined when there are none. */
export function ownRecord(init: RecordSenderInit): KadPeerRecord | undefined {
  return writePeer(init.node.peerId, init.node.getMultiaddrs(), init.scope)
}

/** Names the addresses that our records say, whatever their order; undefined when there are none. */
export function ownAddresses(init: RecordSenderInit): string | undefined {
  const record = ownRecord(init)
  if (record === undefined) return undefined
  const texts = record.multiaddrs.map((address) => Buffer.from(address).toString('hex')).sort()
  return hash('sha256', texts.join(' ')).slice(0, 16)
}

/**
 * Stores provider records on one server over one stream: {@link ANNOUNCE.recordsPerWrite} records a
 * write, each write followed by a ping whose answer is awaited. ADD_PROVIDER itself has no answer,
 * and stock servers drop what they have not read when the stream is half-closed.
 *
 * @param keys - multihashes; may be many, they are taken one write at a time
 * @throws ShareError or what libp2p throws; some of the records may have been stored
 */
export async function sendRecords(
  init: RecordSenderInit,
  peer: string,
  keys: Iterable<Uint8Array>,
  parent: AbortSignal,
  between: Between = async () => undefined
): Promise<void> {
  const record = ownRecord(init)
  if (record === undefined)
    throw new ShareError({
      code: 'network.no-address',
      fault: 'network',
      message: 'This node has no address to announce in this DHT.'
    })
  let stream: Stream | undefined
  try {
    stream = await within(parent, (signal) =>
      init.node.dialProtocol(peerIdFromString(peer), init.protocol, { signal })
    )
    await writeAll(stream, record, keys, parent, between)
    finish(stream)
  } catch (error) {
    stream?.abort(error as Error)
    throw error
  }
}

async function writeAll(
  stream: Stream,
  record: KadPeerRecord,
  keys: Iterable<Uint8Array>,
  parent: AbortSignal,
  between: Between
): Promise<void> {
  const frames = lpStream(stream, { maxDataLength: DHT_MESSAGE.maxSize })
  const rest = keys[Symbol.iterator]()
  for (let last = false; !last; ) {
    const messages: Uint8Array[] = []
    while (!last && messages.length < ANNOUNCE.recordsPerWrite) {
      const { value: key, done } = rest.next()
      if (done === true) last = true
      else messages.push(encodeKadMessage({ type: 'ADD_PROVIDER', key, closer: [], providers: [record] }))
    }
    if (messages.length === 0) return
    const began = performance.now()
    await within(parent, async (signal) => {
      await frames.writeV([...messages, PING], { signal })
      const answer = decodeKadMessage((await frames.read({ signal })).subarray())
      if (answer?.type !== 'PING') throw noPing()
    })
    await between(performance.now() - began)
  }
}

/** Bounds one step by {@link ANNOUNCE.sendTimeout}. */
async function within<T>(parent: AbortSignal, step: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const bounded: BoundedSignal = boundedSignal(parent, ANNOUNCE.sendTimeout)
  try {
    return await step(bounded.signal)
  } finally {
    bounded.release()
  }
}

function noPing(): ShareError {
  return new ShareError({
    code: 'network.bad-dht-answer',
    fault: 'peer',
    message: 'The DHT server sent something else than an answer.'
  })
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

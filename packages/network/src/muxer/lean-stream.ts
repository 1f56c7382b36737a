import type { Stream } from '@libp2p/interface'
import type { MuxerHeader } from './frame-splitter.ts'
import { muxerChanged } from './muxer-changed.ts'
import { tapOf } from './stream-tap.ts'

/** Bytes as streams take them: one buffer, or a list of several. */
export type FrameData = Parameters<Stream['send']>[0]

/** A stream of yamux as it is at run time; some members are private to the types only. */
export interface OpenStream extends Stream {
  streamId: number
  state: number
  recvWindow: number
  recvWindowCapacity: number
  sendWindowCapacity: number
  sendingData: boolean
  sendWindowUpdate(): void
  sendFrame(header: MuxerHeader, data: FrameData): boolean
  onMuxerNeedsDrain(): void
  listenerCount(event: string): number
}

/** `StreamState.Established` of @libp2p/yamux 8: both sides know the stream, and it is not paused. */
const ESTABLISHED = 3
/** Type of a frame that carries bytes of a stream. */
const DATA = 0

/** Part of a window that must be used before the peer is told that it may send more. */
const WORTH_TELLING = 1 / 4

const NUMBERS = ['recvWindow', 'recvWindowCapacity', 'sendWindowCapacity', 'state', 'streamId'] as const

/**
 * A stream that widens the peer's window when a quarter of it is used, not after each frame, and that hands what is
 * sent straight to the muxer where nothing waits. Go's yamux waits for half; then only half a window is sure to be
 * on its way, which a line of 100 Mbit/s with a round trip of 100 ms cannot live on.
 *
 * @returns the same stream
 * @throws ShareError `network.muxer-changed` when its insides are not the known ones
 */
export function leanStream(stream: OpenStream): OpenStream {
  if (NUMBERS.some((name) => !Number.isFinite(stream[name]))) throw muxerChanged()
  const update = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
    const used = stream.recvWindow - stream.recvWindowCapacity
    if (stream.state === ESTABLISHED && used < stream.recvWindow * WORTH_TELLING) return
    update()
  }
  const ordinary = stream.send.bind(stream)
  stream.send = (data) => (maySendAtOnce(stream, data.byteLength) ? sendAtOnce(stream, data) : ordinary(data))
  return stream
}

function maySendAtOnce(stream: OpenStream, length: number): boolean {
  return (
    stream.writeStatus === 'writable' &&
    stream.writeBufferLength === 0 &&
    !stream.writableNeedsDrain &&
    !stream.sendingData &&
    stream.state === ESTABLISHED &&
    length > 0 &&
    length <= stream.sendWindowCapacity
  )
}

function sendAtOnce(stream: OpenStream, data: FrameData): boolean {
  const length = data.byteLength
  const header = { type: DATA, flag: 0, streamID: stream.streamId, length }
  stream.sendWindowCapacity -= length
  const more = stream.sendFrame(header, data)
  if (!more) stream.writableNeedsDrain = true
  return more
}

/**
 * Gives bytes of a data frame without flags to whoever taps the stream, and counts them against its window.
 * @returns false when the ordinary way must be taken: nobody taps it, others listen,
 *   something waits, or the window is exceeded
 */
export function takePart(stream: OpenStream, data: Uint8Array): boolean {
  const take = tapOf(stream)
  const length = data.byteLength
  if (take === undefined || stream.readStatus !== 'readable' || stream.readBufferLength > 0) return false
  if (length > stream.recvWindowCapacity || stream.listenerCount('message') > 1) return false
  stream.recvWindowCapacity -= length
  take(data)
  stream.sendWindowUpdate()
  return true
}

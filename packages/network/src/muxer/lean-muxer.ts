import { ShareError } from '@p2pshare/base'
import type { yamux } from '@libp2p/yamux'
import { FrameSplitter } from './frame-splitter.ts'

/** The muxer class, which the package does not export by name. */
type YamuxMuxer = ReturnType<ReturnType<ReturnType<typeof yamux>>['createStreamMuxer']>

/** A muxer as it is at run time; these members are private to the types only. */
interface OpenMuxer {
  decoder: { emitFrames: unknown }
  _newStream(...parts: unknown[]): OpenStream
}

/** A stream, likewise. */
interface OpenStream {
  state: number
  recvWindow: number
  recvWindowCapacity: number
  sendWindowUpdate(): void
}

/** `StreamState.Established` of @libp2p/yamux 8: both sides know the stream, and it is not paused. */
const ESTABLISHED = 3

/** Part of a window that must be used before the peer is told that it may send more. */
const WORTH_TELLING = 1 / 4

/**
 * Gives `muxer` a decoder that holds nothing (see {@link FrameSplitter}) and streams that widen the peer's window
 * when a quarter of it is used, not after each frame. Go's yamux waits for half; then only half a window is sure to
 * be on its way, which a line of 100 Mbit/s with a round trip of 100 ms cannot live on.
 *
 * @param longest - bytes of the longest frame that may come; a longer one ends the connection
 * @returns the same muxer
 * @throws ShareError `network.muxer-changed` when the muxer's insides are not the known ones
 */
export function leanMuxer(muxer: YamuxMuxer, longest: number): YamuxMuxer {
  const open = muxer as unknown as OpenMuxer
  if (typeof open.decoder?.emitFrames !== 'function' || typeof open._newStream !== 'function')
    throw muxerChanged()
  open.decoder = new FrameSplitter(longest)
  const make = open._newStream.bind(muxer)
  open._newStream = (...parts) => withFewUpdates(make(...parts))
  return muxer
}

function withFewUpdates(stream: OpenStream): OpenStream {
  if (!Number.isFinite(stream.recvWindow) || !Number.isFinite(stream.recvWindowCapacity)) throw muxerChanged()
  const update = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
    const used = stream.recvWindow - stream.recvWindowCapacity
    if (stream.state === ESTABLISHED && used < stream.recvWindow * WORTH_TELLING) return
    update()
  }
  return stream
}

function muxerChanged(): ShareError {
  return new ShareError({
    code: 'network.muxer-changed',
    fault: 'bug',
    message: 'this version of @libp2p/yamux has other insides than those we know',
    hint: 'Install the version that package-lock.json names.'
  })
}

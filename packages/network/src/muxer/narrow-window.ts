import type { Stream } from '@libp2p/interface'

/** A stream of yamux as it is at run time; these members are private to the types only. */
interface YamuxStream extends Stream {
  recvWindow: number
  maxStreamWindowSize: number
}

/**
 * Bounds what a peer may send on a stream while it is not read from. The first window, 256 KiB, cannot be taken back.
 * @param window - bytes
 */
export function narrowWindow(stream: Stream, window: number): void {
  const yamux = stream as YamuxStream
  if (!Number.isFinite(yamux.recvWindow) || !Number.isFinite(yamux.maxStreamWindowSize)) return
  yamux.recvWindow = window
  yamux.maxStreamWindowSize = window
}

import type { Stream } from '@libp2p/interface'

/** Takes bytes of a stream as they come. */
export type TakeBytes = (bytes: Uint8Array) => void

const taps = new WeakMap<object, TakeBytes>()

/**
 * Lets the muxer hand a stream's bytes straight to `take`, where nothing waits in the stream's own buffer and nobody
 * else listens; otherwise they come as `message` events as ever, so the caller listens to these too. Nothing comes
 * both ways.
 */
export function tapStream(stream: Stream, take: TakeBytes): void {
  taps.set(stream, take)
}

/** Who taps a stream. */
export function tapOf(stream: object): TakeBytes | undefined {
  return taps.get(stream)
}

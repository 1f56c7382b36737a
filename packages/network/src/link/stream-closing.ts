import type { Stream } from '@libp2p/interface'
import { type Clock, type Millis, ShareError } from '@p2pshare/base'

function gone(text: string): ShareError {
  return new ShareError({
    code: 'network.stream-ended',
    fault: 'network',
    message: text,
    hint: 'Nothing to do: the link is made again when it is needed.'
  })
}

/** Resets a stream; for one that never got far enough for a goodbye. */
export function resetStream(stream: Stream, text: string): void {
  if (stream.status === 'open' || stream.status === 'closing') stream.abort(gone(text))
}

/**
 * Ends a stream in order: what was sent still leaves, then both sides have closed. Resets it when
 * that takes longer than `timeout`.
 * @returns when the stream is gone; never rejects
 */
export function closeStream(stream: Stream, clock: Clock, timeout: Millis): Promise<void> {
  return new Promise((resolve) => {
    if (stream.status !== 'open' && stream.status !== 'closing') return resolve()
    const cancel = clock.after(timeout, () => resetStream(stream, 'the other side did not close its stream'))
    stream.addEventListener('close', () => {
      cancel()
      resolve()
    })
    stream.close().catch(() => resetStream(stream, 'the stream could not be closed'))
  })
}

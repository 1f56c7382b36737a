import { type Millis, millis, SECOND } from '@p2pshare/base'

/** Calls of commands on other machines, a stream each; whoever may call is a person or two, strangers are many. */
export const REMOTE = {
  /** Streams of one peer at once; a command has one open, seldom two. */
  streamsPerPeer: 8,
  /** Streams of all peers at once. */
  streams: 48,
  /** Streams at once that are being refused: each is held no longer than {@link linger}. */
  refusals: 16,
  /** What a caller may send that nobody has read yet, bytes; the first 256 KiB of a stream cannot be taken back. */
  window: 64 * 1024,
  /** Time for the other side to take the end of an answer; then the stream is reset. */
  linger: millis(2 * SECOND) satisfies Millis,
  /** Of the caller: time to reach the daemon, whatever ways there are. */
  dialTimeout: millis(10 * SECOND) satisfies Millis,
  /** Of the caller: time to open a stream on a connection that is there. */
  openTimeout: millis(5 * SECOND) satisfies Millis,
  /** Of the caller: time for a clean end. */
  closeTimeout: millis(SECOND) satisfies Millis
} as const

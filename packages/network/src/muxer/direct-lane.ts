import type { MessageStream } from '@libp2p/interface'

/**
 * The short way between a secured connection and the muxer on it: content is handed on by a call, not by events
 * through several buffers, and what is sent goes to the socket at once. Events of a connection cost about as much as
 * its cipher (docs/performance.md). Whenever something waits in one of the connection's own buffers the ordinary way
 * is taken, so that nothing is overtaken.
 */
export interface DirectLane {
  /** Gives content to `take` from now on, unless some of it still waits in the connection's buffer. */
  deliverTo(take: (content: Uint8Array) => void): void
  /**
   * Writes at once, past the buffers.
   * @returns whether the connection takes more before its `drain` event; undefined when nothing was written, since
   *   something waits that must go first
   */
  tryWrite(content: Iterable<Uint8Array>): boolean | undefined
}

const lanes = new WeakMap<MessageStream, DirectLane>()

/** Says which lane a secured connection has. */
export function offerLane(secured: MessageStream, lane: DirectLane): void {
  lanes.set(secured, lane)
}

/** The lane of a secured connection; undefined where it has none. */
export function laneOf(secured: MessageStream): DirectLane | undefined {
  return lanes.get(secured)
}

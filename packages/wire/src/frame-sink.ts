import type { DataMessage, SwarmMessage } from './messages.ts'

/** Receives what a frame decoder finds, in order. */
export interface FrameSink {
  /** A whole message, already checked; a `data` message comes through {@link onPayload} too. */
  onMessage(message: SwarmMessage): void
  /**
   * The next bytes of the payload announced by `data`; a view into the chunk just fed, valid
   * only during the call.
   * @param offset - where these bytes lie in the payload
   */
  onPayload(data: DataMessage, part: Uint8Array, offset: number): void
}

/** A peer broke the protocol; data, not an exception. */
export interface WireFault {
  kind: 'frame-too-long' | 'malformed' | 'out-of-range' | 'out-of-order'
  /** For the log: what exactly, with the numbers. */
  text: string
}

/** Bytes in a stream of events, lent to the one who sends them. */
export class RawPart {
  readonly bytes: Uint8Array
  /**
   * Says that the bytes are out and may be overwritten; at most once. Who can't be sure does not say it: that only costs
   * the buffer its next use.
   */
  readonly giveBack: () => void

  /** @param bytes - at least one */
  constructor(bytes: Uint8Array, giveBack: () => void = () => {}) {
    this.bytes = bytes
    this.giveBack = giveBack
  }
}

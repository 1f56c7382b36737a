/** Longest varint of a 64-bit number. */
const LONGEST_VARINT = 10

/**
 * Reads protobuf wire format without trust and without allocation. Every read answers a negative
 * number or undefined when the bytes are malformed; nothing is thrown.
 */
export class ProtobufCursor {
  readonly bytes: Uint8Array
  at: number
  readonly end: number

  /** Reads `bytes[start … end − 1]`, which must lie inside. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.byteLength) {
    this.bytes = bytes
    this.at = start
    this.end = end
  }

  get atEnd(): boolean {
    return this.at >= this.end
  }

  /**
   * An unsigned number.
   * @returns −1 when it is cut off, longer than ten bytes, or above 2^53 − 1
   */
  varint(): number {
    const value = this.size()
    return value === Infinity ? -1 : value
  }

  /**
   * An unsigned number that may be as large as it likes.
   * @returns Infinity above 2^53 − 1; −1 when it is cut off or longer than ten bytes
   */
  size(): number {
    let value = 0
    let factor = 1
    for (let i = 0; i < LONGEST_VARINT && this.at < this.end; i++) {
      const byte = this.bytes[this.at++] ?? 0
      value += (byte & 0x7f) * factor
      factor *= 128
      if (byte < 0x80) return Number.isSafeInteger(value) ? value : Infinity
    }
    return -1
  }

  /** Begins a length-delimited field: checks its length and answers where it ends; −1 when it overruns. */
  delimited(): number {
    const length = this.varint()
    if (length < 0 || length > this.end - this.at) return -1
    return this.at + length
  }

  /** A length-delimited field as a view into the bytes. */
  view(): Uint8Array | undefined {
    const end = this.delimited()
    if (end < 0) return undefined
    const view = this.bytes.subarray(this.at, end)
    this.at = end
    return view
  }

  /** Passes over the value of a field of this wire type; false when malformed (groups included). */
  skip(wireType: number): boolean {
    if (wireType === 0) return this.#skipVarint()
    const end =
      wireType === 2 ? this.delimited() : this.at + (wireType === 1 ? 8 : wireType === 5 ? 4 : Infinity)
    if (end < 0 || end > this.end) return false
    this.at = end
    return true
  }

  #skipVarint(): boolean {
    for (let i = 0; i < LONGEST_VARINT && this.at < this.end; i++) {
      if ((this.bytes[this.at++] ?? 0) < 0x80) return true
    }
    return false
  }
}

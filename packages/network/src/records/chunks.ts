/** Bytes in several pieces, which are not joined. */
export class Chunks {
  readonly parts: readonly Uint8Array[]
  readonly byteLength: number

  constructor(parts: readonly Uint8Array[], byteLength: number) {
    this.parts = parts
    this.byteLength = byteLength
  }

  /** All bytes in one buffer of their own. */
  joined(): Uint8Array {
    const whole = Buffer.allocUnsafe(this.byteLength)
    let at = 0
    for (const part of this.parts) {
      whole.set(part, at)
      at += part.byteLength
    }
    return whole
  }

  /** The bytes but for the last `count`, and those last ones in one buffer. */
  splitTail(count: number): { head: Chunks; tail: Uint8Array } {
    const head: Uint8Array[] = []
    const tail: Uint8Array[] = []
    let left = this.byteLength - count
    for (const part of this.parts) {
      if (left > 0) head.push(part.byteLength > left ? part.subarray(0, left) : part)
      if (part.byteLength > left) tail.push(part.subarray(Math.max(0, left)))
      left = Math.max(0, left - part.byteLength)
    }
    const end = tail.length === 1 ? tail[0] : undefined
    return {
      head: new Chunks(head, this.byteLength - count),
      tail: end ?? new Chunks(tail, count).joined()
    }
  }
}

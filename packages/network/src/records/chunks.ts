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
}

import { WIRE_LIMITS } from './limits.ts'

/** Bytes that {@link writeLength} takes for `length`. */
export function lengthSize(length: number): number {
  let size = 1
  for (let rest = length >>> 7; rest > 0; rest >>>= 7) size++
  return size
}

/** Writes an unsigned LEB128 length at the start of `target`; answers its size in bytes. */
export function writeLength(target: Uint8Array, length: number): number {
  let rest = length
  let at = 0
  while (rest > 0x7f) {
    target[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  target[at++] = rest
  return at
}

/**
 * Reads an unsigned LEB128 length byte by byte, across chunks. At most four bytes are taken, so
 * that the value stays below 2^28 and a hostile prefix costs four bytes of patience.
 */
export class LengthReader {
  #value = 0
  #size = 0

  /** Whether a prefix has begun. */
  get started(): boolean {
    return this.#size > 0
  }

  /**
   * Takes one byte.
   * @returns the length when it is whole, `more` when bytes are missing, or what is wrong with it
   */
  take(byte: number): number | 'more' | 'too-long' | 'not-minimal' | 'zero' {
    this.#value |= (byte & 0x7f) << (7 * this.#size)
    this.#size++
    if (byte >= 0x80) return this.#size < WIRE_LIMITS.lengthPrefix ? 'more' : 'too-long'
    const value = this.#value
    const padded = byte === 0 && this.#size > 1
    this.#value = 0
    this.#size = 0
    if (padded) return 'not-minimal'
    return value === 0 ? 'zero' : value
  }
}

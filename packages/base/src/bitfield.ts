import { invariant } from './share-error.ts'

/** Number of one bits in a 32-bit word (the classic parallel sum). */
function popCount(word: number): number {
  let n = word - ((word >>> 1) & 0x55555555)
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333)
  return (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24
}

/**
 * A set of piece indices of fixed length, one bit each, with the count kept.
 * Bit `i` travels as bit `7 − i mod 8` of byte `⌊i / 8⌋` (BEP 3 "bitfield" order).
 */
export class Bitfield {
  /** How many indices there are: 0 … length − 1. */
  readonly length: number
  readonly #words: Uint32Array
  #count = 0

  constructor(length: number) {
    invariant(Number.isSafeInteger(length) && length >= 0, `bitfield length ${length}`)
    this.length = length
    this.#words = new Uint32Array(Math.ceil(length / 32))
  }

  /** A bitfield with every bit set. */
  static full(length: number): Bitfield {
    const field = new Bitfield(length)
    field.setAll()
    return field
  }

  /**
   * Reads the wire form.
   * @returns undefined when the length does not fit `length` bits or a spare bit is set
   */
  static fromBytes(source: Uint8Array, length: number): Bitfield | undefined {
    if (source.byteLength !== Math.ceil(length / 8)) return undefined
    const spare = source.byteLength * 8 - length
    if (spare > 0 && ((source[source.byteLength - 1] ?? 0) & ((1 << spare) - 1)) !== 0) return undefined
    const field = new Bitfield(length)
    for (let i = 0; i < source.byteLength; i++) {
      const word = i >>> 2
      field.#words[word] = ((field.#words[word] ?? 0) | ((source[i] ?? 0) << (24 - (i & 3) * 8))) >>> 0
    }
    for (const word of field.#words) field.#count += popCount(word)
    return field
  }

  /** The wire form, a new buffer that the caller owns. */
  toBytes(): Uint8Array {
    const out = new Uint8Array(Math.ceil(this.length / 8))
    for (let i = 0; i < out.byteLength; i++) out[i] = (this.#words[i >>> 2] ?? 0) >>> (24 - (i & 3) * 8)
    return out
  }

  /** How many bits are set; O(1). */
  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count === this.length
  }

  get isEmpty(): boolean {
    return this.#count === 0
  }

  /** Whether bit `i` is set; false outside the range. */
  has(i: number): boolean {
    return i >= 0 && i < this.length && (((this.#words[i >>> 5] ?? 0) >>> (31 - (i & 31))) & 1) === 1
  }

  /** Sets bit `i`; answers whether that changed anything. */
  set(i: number): boolean {
    invariant(i >= 0 && i < this.length, `bit ${i} of ${this.length}`)
    if (this.has(i)) return false
    this.#words[i >>> 5] = ((this.#words[i >>> 5] ?? 0) | (1 << (31 - (i & 31)))) >>> 0
    this.#count++
    return true
  }

  /** Clears bit `i`; answers whether that changed anything. */
  clear(i: number): boolean {
    if (!this.has(i)) return false
    this.#words[i >>> 5] = ((this.#words[i >>> 5] ?? 0) & ~(1 << (31 - (i & 31)))) >>> 0
    this.#count--
    return true
  }

  setAll(): void {
    this.#words.fill(0xffffffff)
    const spare = this.#words.length * 32 - this.length
    const last = this.#words.length - 1
    if (spare > 0) this.#words[last] = (0xffffffff << spare) >>> 0
    this.#count = this.length
  }

  clearAll(): void {
    this.#words.fill(0)
    this.#count = 0
  }

  clone(): Bitfield {
    const copy = new Bitfield(this.length)
    copy.#words.set(this.#words)
    copy.#count = this.#count
    return copy
  }

  /** Whether `other` has a bit that this one lacks; both of equal length. */
  lacksSomeOf(other: Bitfield): boolean {
    for (let w = 0; w < this.#words.length; w++) {
      if (((other.#words[w] ?? 0) & ~(this.#words[w] ?? 0)) !== 0) return true
    }
    return false
  }

  /** How many bits are set here and clear in `other`; both of equal length. */
  countNotIn(other: Bitfield): number {
    let n = 0
    for (let w = 0; w < this.#words.length; w++)
      n += popCount(((this.#words[w] ?? 0) & ~(other.#words[w] ?? 0)) >>> 0)
    return n
  }

  /** The first index at or after `from` that is set in both, or −1; both of equal length. */
  nextInBoth(other: Bitfield, from = 0): number {
    return this.#nextMasked(other, from, 0)
  }

  /** The first index at or after `from` that is set here and clear in `other`, or −1; both of equal length. */
  nextNotIn(other: Bitfield, from = 0): number {
    return this.#nextMasked(other, from, 0xffffffff)
  }

  #nextMasked(other: Bitfield, from: number, flip: number): number {
    const mine = this.#words
    const theirs = other.#words
    for (let w = from >>> 5; w < mine.length; w++) {
      let word = ((mine[w] ?? 0) & ((theirs[w] ?? 0) ^ flip)) >>> 0
      if (w === from >>> 5) word = (word & (0xffffffff >>> (from & 31))) >>> 0
      if (word !== 0) return w * 32 + Math.clz32(word)
    }
    return -1
  }

  /** The first set bit at or after `from`, or −1. */
  nextSet(from = 0): number {
    return this.#next(from, 0)
  }

  /** The first clear bit at or after `from`, or −1. */
  nextClear(from = 0): number {
    return this.#next(from, 0xffffffff)
  }

  #next(from: number, flip: number): number {
    for (let w = from >>> 5; w < this.#words.length; w++) {
      let word = ((this.#words[w] ?? 0) ^ flip) >>> 0
      if (w === from >>> 5) word = (word & (0xffffffff >>> (from & 31))) >>> 0
      if (word === 0) continue
      const i = w * 32 + Math.clz32(word)
      return i < this.length ? i : -1
    }
    return -1
  }

  /** Set bits in ascending order. */
  *ones(): Generator<number> {
    for (let i = this.nextSet(0); i !== -1; i = this.nextSet(i + 1)) yield i
  }

  /** Maximal runs of set bits, in ascending order. */
  *runs(): Generator<{ start: number; count: number }> {
    for (let start = this.nextSet(0); start !== -1; ) {
      const end = this.nextClear(start)
      const stop = end === -1 ? this.length : end
      yield { start, count: stop - start }
      start = end === -1 ? -1 : this.nextSet(end)
    }
  }
}

/** Smallest memory that is allocated, in bytes. */
const FIRST = 512

/**
 * Bytes that came and are not read yet, copied into one buffer that grows with them and goes when it is empty.
 * However small the pieces in which they come, a byte is moved a bounded number of times, and no piece keeps the
 * larger buffer alive that it was part of.
 */
export class UnreadBytes {
  #buffer = new Uint8Array(0)
  #start = 0
  #end = 0

  get size(): number {
    return this.#end - this.#start
  }

  /** One byte, counted from the first unread one. */
  at(index: number): number | undefined {
    return index < this.size ? this.#buffer[this.#start + index] : undefined
  }

  append(bytes: Uint8Array): void {
    if (this.#end + bytes.byteLength > this.#buffer.byteLength) this.#makeRoom(bytes.byteLength)
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.byteLength
  }

  /** Takes the first `count` bytes, a copy. */
  take(count: number): Uint8Array {
    // Node's pool: a message is small, and memory of its own for each would lie outside the heap.
    const out = Buffer.from(this.#buffer.subarray(this.#start, this.#start + count))
    this.#start += count
    if (this.#start === this.#end) {
      this.#buffer = new Uint8Array(0)
      this.#start = 0
      this.#end = 0
    }
    return out
  }

  /** A third of the new buffer stays free, so that moving is rare. */
  #makeRoom(more: number): void {
    const next = new Uint8Array(Math.max(FIRST, Math.ceil(1.5 * (this.size + more))))
    next.set(this.#buffer.subarray(this.#start, this.#end))
    this.#end = this.size
    this.#start = 0
    this.#buffer = next
  }
}

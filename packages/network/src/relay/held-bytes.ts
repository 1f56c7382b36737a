/** Chunks below this are copied together: each kept by itself would cost a multiple of its bytes. */
const SMALL = 4096
/** Bytes of a block that small chunks are copied into. */
const BLOCK = 16 * 1024

/**
 * Bytes that wait, in order. What is held of a chunk is about its own size: a few bytes that are a view of a large
 * buffer are copied, or a peer that sends many of those would pin many times what its window allows.
 */
export class HeldBytes {
  readonly #chunks: Uint8Array[] = []
  #first = 0
  #length = 0
  /** The last chunk is the used part of this block. */
  #block: Uint8Array | undefined
  #used = 0

  get length(): number {
    return this.#length
  }

  /** Takes a chunk, which nobody may change any more. */
  push(chunk: Uint8Array): void {
    if (chunk.byteLength === 0) return
    this.#length += chunk.byteLength
    const whole = chunk.byteLength * 2 >= chunk.buffer.byteLength
    if (chunk.byteLength >= SMALL) {
      this.#chunks.push(whole ? chunk : chunk.slice())
      this.#block = undefined
    } else this.#copy(chunk)
  }

  /** Takes away at most `most` bytes from the front, one piece; empty when nothing waits. */
  take(most: number): Uint8Array {
    const chunk = this.#chunks[this.#first]
    if (chunk === undefined || most <= 0) return EMPTY
    const part = chunk.subarray(0, most)
    this.#length -= part.byteLength
    if (part.byteLength < chunk.byteLength) this.#chunks[this.#first] = chunk.subarray(most)
    else this.#dropFirst()
    return part
  }

  clear(): void {
    this.#chunks.length = 0
    this.#first = 0
    this.#length = 0
    this.#block = undefined
  }

  #dropFirst(): void {
    if (this.#first === this.#chunks.length - 1) this.#block = undefined
    this.#first++
    if (this.#first < 64 && this.#first < this.#chunks.length) return
    this.#chunks.splice(0, this.#first)
    this.#first = 0
  }

  /** Fills the block behind the last chunk, which grows over what is copied; written bytes never change. */
  #copy(chunk: Uint8Array): void {
    let rest = chunk
    while (rest.byteLength > 0) {
      if (this.#block === undefined || this.#used === BLOCK) {
        this.#block = new Uint8Array(BLOCK)
        this.#used = 0
        this.#chunks.push(this.#block.subarray(0, 0))
      }
      const part = rest.subarray(0, BLOCK - this.#used)
      this.#block.set(part, this.#used)
      this.#used += part.byteLength
      const last = this.#chunks.at(-1) ?? EMPTY
      this.#chunks[this.#chunks.length - 1] = this.#block.subarray(last.byteOffset, this.#used)
      rest = rest.subarray(part.byteLength)
    }
  }
}

const EMPTY = new Uint8Array(0)

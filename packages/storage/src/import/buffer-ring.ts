import { uninitialized } from '../disk/plain-file.ts'

/** A fixed set of buffers that readers take and give back; who finds none waits. Bounds memory. */
export class BufferRing {
  readonly #free: Uint8Array[] = []
  readonly #waiting: ((buffer: Uint8Array) => void)[] = []
  readonly #size: number
  #unmade: number
  #closed = false

  /** @param size - bytes of each buffer; made when first needed */
  constructor(count: number, size: number) {
    this.#unmade = count
    this.#size = size
  }

  /** A buffer with any content, the caller's until {@link give}. */
  async take(): Promise<Uint8Array> {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#unmade > 0) {
      this.#unmade--
      return uninitialized(this.#size)
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Takes a buffer back. */
  give(buffer: Uint8Array): void {
    const next = this.#waiting.shift()
    if (next !== undefined) next(buffer)
    else if (this.#closed) free(buffer)
    else this.#free.push(buffer)
  }

  /**
   * Frees the memory of all buffers, of those in use when they are given back: left to the collector, that of a dozen
   * imports is there at a time.
   */
  close(): void {
    this.#closed = true
    for (const buffer of this.#free.splice(0)) free(buffer)
  }
}

/** Moving nothing of it elsewhere gives its memory back at once. */
function free(buffer: Uint8Array): void {
  if (buffer.buffer instanceof ArrayBuffer) buffer.buffer.transfer(0)
}

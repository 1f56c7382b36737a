import { uninitialized } from '../disk/plain-file.ts'

/** A fixed set of buffers that readers take and give back; who finds none waits. Bounds memory. */
export class BufferRing {
  readonly #free: Uint8Array[] = []
  readonly #waiting: ((buffer: Uint8Array) => void)[] = []
  readonly #size: number
  #unmade: number

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

  give(buffer: Uint8Array): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#free.push(buffer)
    else next(buffer)
  }
}

import type { Rng } from '@p2pshare/base'

/** Who reads a {@link MemoryPipe}. */
export interface PipeReader {
  onChunk(chunk: Uint8Array): void
  /** Everything was read; called once. */
  onEnd(): void
}

/** Bytes that wait in a pipe before its writer has to. */
const CAPACITY = 256 * 1024

/**
 * One direction of a byte stream, in memory and in order. Delivers in microtasks, in chunks of
 * random size when it is given randomness, and nothing before a reader is there.
 */
export class MemoryPipe {
  readonly #rng: Rng | undefined
  readonly #queue: Uint8Array[] = []
  #size = 0
  #reader: PipeReader | undefined
  #ended = false
  #running = false
  #paused = false
  #space: (() => void)[] = []

  constructor(rng?: Rng) {
    this.#rng = rng
  }

  /** Bytes written and not yet read. */
  get size(): number {
    return this.#size
  }

  /** Takes a copy of the bytes; beyond the end nothing. */
  write(bytes: Uint8Array): void {
    if (this.#ended || bytes.byteLength === 0) return
    this.#queue.push(bytes.slice())
    this.#size += bytes.byteLength
    this.#run()
  }

  /** Resolves when there is room. */
  async room(): Promise<void> {
    while (this.#size >= CAPACITY && !this.#ended) {
      await new Promise<void>((resolve) => this.#space.push(resolve))
    }
  }

  /** Nothing comes after what was written. With `drop`, what was not read is lost as well. */
  end(drop = false): void {
    if (drop) {
      this.#queue.length = 0
      this.#size = 0
    }
    if (this.#ended) return
    this.#ended = true
    this.#wake()
    this.#run()
  }

  attach(reader: PipeReader): void {
    this.#reader = reader
    this.#run()
  }

  /** Delivers nothing until {@link resume}; the writer waits when the pipe is full. */
  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#run()
  }

  #wake(): void {
    for (const resolve of this.#space.splice(0)) resolve()
  }

  #run(): void {
    if (this.#running || this.#paused || this.#reader === undefined) return
    this.#running = true
    queueMicrotask(() => {
      this.#running = false
      if (!this.#paused) this.#deliver(this.#reader)
    })
  }

  #deliver(reader: PipeReader | undefined): void {
    const chunk = this.#take()
    if (chunk === undefined) {
      if (this.#ended && reader !== undefined) {
        this.#reader = undefined
        reader.onEnd()
      }
      return
    }
    reader?.onChunk(chunk)
    if (this.#size < CAPACITY) this.#wake()
    this.#run()
  }

  #take(): Uint8Array | undefined {
    const first = this.#queue[0]
    if (first === undefined) return undefined
    const size =
      this.#rng === undefined ? first.byteLength : 1 + this.#rng.below(1 << (1 + this.#rng.below(17)))
    this.#size -= Math.min(size, first.byteLength)
    if (size >= first.byteLength) return this.#queue.shift()
    this.#queue[0] = first.subarray(size)
    return first.subarray(0, size)
  }
}

import { isWhole, spendBytes, trackBuffer } from '../records/spent-buffers.ts'

/** Bytes that are handed on together, if so many come at once; a record of TLS has 16 KiB. */
export const BATCH = 256 * 1024

/** A batch smaller than this moves to a buffer of its size, so that a few bytes do not hold many. */
const WORTH_A_BATCH = BATCH / 4

/** A buffer of a batch that nobody uses: connections that say little have none of their own. */
let spare: Buffer | undefined

/**
 * Collects what a socket gives within one turn of the event loop. TLS gives a record of 16 KiB at a time, each of
 * which would go through muxer, stream and decoder by itself: the copy costs less than that.
 */
export class ReadBatch {
  readonly #deliver: (bytes: Uint8Array) => void
  #batch: Buffer | undefined
  #filled = 0
  #scheduled = false

  /** @param deliver - gets buffers that are tracked (see `spendBytes`), in order */
  constructor(deliver: (bytes: Uint8Array) => void) {
    this.#deliver = deliver
  }

  /** Copies what was read. */
  take(read: Uint8Array): void {
    for (let at = 0; at < read.byteLength; ) {
      const batch = (this.#batch ??= emptyBatch())
      const part = read.subarray(at, at + BATCH - this.#filled)
      batch.set(part, this.#filled)
      const count = part.byteLength
      this.#filled += count
      at += count
      if (this.#filled === BATCH) this.flush()
    }
    if (this.#filled > 0) this.#schedule()
  }

  /** Hands on what there is. */
  flush(): void {
    const batch = this.#batch
    const filled = this.#filled
    if (batch === undefined || filled === 0) return
    this.#filled = 0
    this.#batch = undefined
    if (filled < WORTH_A_BATCH) {
      const few = Buffer.from(batch.subarray(0, filled))
      spare = batch
      if (isWhole(few)) trackBuffer(few.buffer)
      this.#deliver(few)
      return
    }
    trackBuffer(batch.buffer)
    spendBytes(batch.buffer, BATCH - filled)
    this.#deliver(batch.subarray(0, filled))
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.flush()
    })
  }
}

function emptyBatch(): Buffer {
  const batch = spare ?? Buffer.allocUnsafeSlow(BATCH)
  spare = undefined
  return batch
}

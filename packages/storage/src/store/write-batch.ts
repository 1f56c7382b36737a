import { type CancelTimer, type Clock, MiB, millis, type PieceIndex } from '@p2pshare/base'
import type { PieceWrap } from '@p2pshare/ports'

/** How long a written piece waits for its mark, at most. */
const FLUSH_AFTER = millis(2000)
/**
 * Bytes written before a flush starts. A second batch of this size may be written while the first is being synced, and
 * some pieces are on their way to the disk then; with 24 MiB a kill costs at most 64 MiB of what came.
 */
export const FLUSH_BYTES = 24 * MiB

/** Pieces of one file that wait for their mark. */
export interface UnmarkedFile {
  pieces: PieceIndex[]
  wraps: PieceWrap[]
}

/** What was written since the last flush, and when the next one is due. */
export class WriteBatch {
  readonly #clock: Clock
  readonly #flush: () => void
  #files = new Map<number, UnmarkedFile>()
  #bytes = 0
  #cancel: CancelTimer | undefined

  /** @param flush - called when a written piece has waited long enough */
  constructor(clock: Clock, flush: () => void) {
    this.#clock = clock
    this.#flush = flush
  }

  /** Whether so much waits that a flush should start now. */
  get isLarge(): boolean {
    return this.#bytes >= FLUSH_BYTES
  }

  add(file: number, piece: PieceIndex, size: number, wrap: PieceWrap | undefined): void {
    let waiting = this.#files.get(file)
    if (waiting === undefined) {
      waiting = { pieces: [], wraps: [] }
      this.#files.set(file, waiting)
    }
    waiting.pieces.push(piece)
    if (wrap !== undefined) waiting.wraps.push(wrap)
    this.#bytes += size
    this.#cancel ??= this.#clock.after(FLUSH_AFTER, () => {
      this.#cancel = undefined
      this.#flush()
    })
  }

  /** Puts back what could be synced but not marked. */
  putBack(files: ReadonlyMap<number, UnmarkedFile>): void {
    for (const [file, { pieces, wraps }] of files) {
      const waiting = this.#files.get(file)
      this.#files.set(file, {
        pieces: [...(waiting?.pieces ?? []), ...pieces],
        wraps: [...(waiting?.wraps ?? []), ...wraps]
      })
    }
  }

  /** Takes all that waits; the timer is stopped. */
  take(): Map<number, UnmarkedFile> {
    this.#cancel?.()
    this.#cancel = undefined
    const files = this.#files
    this.#files = new Map()
    this.#bytes = 0
    return files
  }
}

import { MiB, type Millis, millis } from '@p2pshare/base'

/** Bytes that are wanted ahead of the reader: what it reads in this time (seconds) … */
const AHEAD = 4
/** … between these. */
const LEAST = 4 * MiB
const MOST = 32 * MiB
/** Bytes that are due together. */
const STEP = MiB
/** A reader whose rate is not known, or that is slower, is taken to read so many bytes a second. */
const SLOWEST = MiB

/** A part that the reader will need. */
export interface ReadWish {
  /** In bytes of the file. */
  readonly offset: number
  readonly length: number
  /** From now on. */
  readonly dueIn: Millis
}

/**
 * What of a file is wanted ahead of its reader, by how fast it reads: enough that it never waits for a peer's answer,
 * and no more, since one who stops must not make us fetch. Pure.
 */
export class ReadWindow {
  readonly #end: number
  #wanted = 0

  /** @param end - of what is read, in bytes of the file */
  constructor(end: number) {
    this.#end = end
  }

  /** Up to where it is wanted. */
  get wanted(): number {
    return this.#wanted
  }

  /** Whoever was told of the wishes has forgotten them. */
  renew(): void {
    this.#wanted = 0
  }

  /**
   * What is to be wanted now, the latest due first, so that of two that share a piece the earlier counts. Nothing while
   * more than half of the window is wanted already: then one wish does for many pieces.
   *
   * @param at - the next byte that is read
   * @param rate - bytes a second that the reader takes; 0 = not known
   */
  wishes(at: number, rate: number): ReadWish[] {
    const size = windowSize(rate)
    const from = Math.max(at, this.#wanted)
    const to = Math.min(this.#end, at + size)
    if (from >= to || from - at > size / 2) return []
    this.#wanted = to
    const wishes: ReadWish[] = []
    for (let offset = from; offset < to; offset += STEP) {
      const dueIn = millis(Math.round(((offset - at) / Math.max(rate, SLOWEST)) * 1000))
      wishes.push({ offset, length: Math.min(STEP, to - offset), dueIn })
    }
    return wishes.reverse()
  }
}

/** How far ahead of a reader of that rate pieces are wanted, in bytes. */
function windowSize(rate: number): number {
  return Math.min(MOST, Math.max(LEAST, rate * AHEAD))
}

import type { Bitfield } from '@p2pshare/base'

/** Pieces `start` … `end` − 1 that a reader waits for, and when (ms) it needs them. */
export interface Deadline {
  readonly start: number
  readonly end: number
  readonly due: number
}

/** Most runs with a deadline; a reader needs one or two. */
const MOST = 256

/** What readers wait for, the earliest due first. No piece has two deadlines. */
export class Deadlines {
  #runs: Deadline[] = []

  get size(): number {
    return this.#runs.length
  }

  /** Sets a deadline; it replaces what these pieces had. Of more than 256 runs the latest due goes. */
  set(run: Deadline): void {
    this.withdraw(run.start, run.end)
    if (run.start >= run.end) return
    const before = this.#runs.findIndex(
      (other) => other.due > run.due || (other.due === run.due && other.start > run.start)
    )
    this.#runs.splice(before === -1 ? this.#runs.length : before, 0, run)
    this.#runs.length = Math.min(this.#runs.length, MOST)
  }

  /** Nobody waits for pieces `start` … `end` − 1 any more. */
  withdraw(start: number, end: number): void {
    if (start >= end) return
    this.#runs = this.#runs
      .flatMap((run) => [
        { ...run, end: Math.min(run.end, start) },
        { ...run, start: Math.max(run.start, end) }
      ])
      .filter((run) => run.start < run.end)
    this.#runs.length = Math.min(this.#runs.length, MOST)
  }

  /** Forgets runs of which all is there. */
  prune(have: Bitfield): void {
    if (this.#runs.some((run) => isDone(run, have)))
      this.#runs = this.#runs.filter((run) => !isDone(run, have))
  }

  all(): readonly Deadline[] {
    return this.#runs
  }
}

function isDone(run: Deadline, have: Bitfield): boolean {
  const missing = have.nextClear(run.start)
  return missing === -1 || missing >= run.end
}

import type { Clock, Millis } from '@p2pshare/base'
import { ANNOUNCE } from '../limits/index.ts'

/**
 * When the next batch of background work may begin. Half of the time is left to others; while the node is busy with
 * what a user waits for nearly all of it, but a batch a second goes out all the same, so that the work gets done.
 */
export class BackgroundPace {
  readonly #clock: Clock
  #busyAt = Number.NEGATIVE_INFINITY
  #restUntil = Number.NEGATIVE_INFINITY
  /** However busy the node is. */
  #latest = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Content begins to move, or is about to. */
  busy(): void {
    const now = this.#clock.now()
    if (!this.#isBusy(now)) this.#latest = now + ANNOUNCE.busyPause
    this.#busyAt = now
  }

  /** A batch ended that took so long (ms). */
  worked(took: number): void {
    const now = this.#clock.now()
    this.#restUntil = now + Math.min(ANNOUNCE.maxPause, Math.max(ANNOUNCE.minPause, took))
    this.#latest = now + ANNOUNCE.busyPause
  }

  /** How long to wait before looking again, ms; 0: the next batch may begin. */
  get wait(): Millis {
    const now = this.#clock.now()
    if (now < this.#restUntil) return (this.#restUntil - now) as Millis
    if (now >= this.#latest || !this.#isBusy(now)) return 0 as Millis
    return Math.min(ANNOUNCE.busyStep, this.#latest - now) as Millis
  }

  #isBusy(now: number): boolean {
    return now - this.#busyAt < ANNOUNCE.busyFor
  }
}

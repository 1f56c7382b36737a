import { type Clock, type Millis, millis } from '@p2pshare/base'
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
    this.#restUntil = now + pauseAfter(took)
    this.#latest = now + ANNOUNCE.busyPause
  }

  /** How long to wait before looking again, ms; 0: the next batch may begin. */
  get wait(): Millis {
    const now = this.#clock.now()
    if (now < this.#restUntil) return (this.#restUntil - now) as Millis
    if (now >= this.#latest || !this.#isBusy(now)) return 0 as Millis
    return Math.min(ANNOUNCE.busyStep, this.#latest - now) as Millis
  }

  /**
   * Waits between two writes of one stream, not longer for what other streams do meanwhile: a server
   * ends a stream that is silent for long.
   * @param took - time of the write that ended, ms
   */
  async rest(took: number, signal: AbortSignal): Promise<void> {
    this.worked(took)
    const began = this.#clock.now()
    const rested = began + pauseAfter(took)
    const latest = Math.max(rested, began + ANNOUNCE.busyPause)
    for (let now = this.#clock.now(); !signal.aborted; now = this.#clock.now()) {
      if (now >= rested && (now >= latest || !this.#isBusy(now))) return
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#clock.after(millis(now < rested ? rested - now : ANNOUNCE.busyStep), resolve)
      await promise
    }
  }

  #isBusy(now: number): boolean {
    return now - this.#busyAt < ANNOUNCE.busyFor
  }
}

/** Others get as much time as a piece of work took. */
function pauseAfter(took: number): number {
  return Math.min(ANNOUNCE.maxPause, Math.max(ANNOUNCE.minPause, took))
}

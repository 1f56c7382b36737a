import { type Clock, type Millis, millis } from '@p2pshare/base'

/**
 * Notices that this process or machine stood still (SIGSTOP, suspend to RAM): a look that should have come long ago.
 * The monotonic clock stands still with the machine on some systems, and the wall clock may be set by somebody: the
 * larger gap counts, since a sleep that was none costs a few pings.
 */
export class SleepDetector {
  readonly #clock: Pick<Clock, 'now' | 'wallTime'>
  readonly #interval: Millis
  #now: number
  #wall: number

  /** @param interval - time between two looks */
  constructor(clock: Pick<Clock, 'now' | 'wallTime'>, interval: Millis) {
    this.#clock = clock
    this.#interval = interval
    this.#now = clock.now()
    this.#wall = clock.wallTime()
  }

  /** How much later than it should this look comes; about 0 while all is well. */
  look(): Millis {
    const now = this.#clock.now()
    const wall = this.#clock.wallTime()
    const gap = Math.max(now - this.#now, wall - this.#wall)
    this.#now = now
    this.#wall = wall
    return millis(Math.max(0, gap - this.#interval))
  }
}

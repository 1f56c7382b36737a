import { type Clock, millis } from '@p2pshare/base'
import { ANNOUNCE } from '../limits/index.ts'

/**
 * Cuts long computing into slices of {@link ANNOUNCE.slice} ms, after each of which the event loop
 * gets as long for others.
 */
export class Breather {
  readonly #clock: Clock
  readonly #spent: () => number
  #began = 0
  #spentBefore = 0
  /** Longest stretch so far, ms; for measuring. */
  longest = 0

  /** @param spent - what {@link longest} is counted in: the time, or that in which this thread had a CPU (ms) */
  constructor(clock: Clock, spent: () => number = () => clock.now()) {
    this.#clock = clock
    this.#spent = spent
    this.begin()
  }

  /** Work begins, after something was waited for. */
  begin(): void {
    this.#began = this.#clock.now()
    this.#spentBefore = this.#spent()
  }

  /** The present stretch ends, since something is waited for. */
  end(): void {
    this.longest = Math.max(this.longest, this.#spent() - this.#spentBefore)
  }

  /** Whether it is time to call {@link rest}. */
  get due(): boolean {
    return this.#clock.now() - this.#began >= ANNOUNCE.slice
  }

  /** Lets others have the event loop. */
  async rest(): Promise<void> {
    this.end()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#clock.after(millis(Math.max(1, this.#clock.now() - this.#began)), resolve)
    await promise
    this.begin()
  }
}

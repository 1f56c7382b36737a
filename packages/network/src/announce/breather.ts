import { type Clock, millis } from '@p2pshare/base'
import { ANNOUNCE } from '../limits/index.ts'

/**
 * Cuts long computing into slices of {@link ANNOUNCE.slice} ms, after each of which the event loop
 * gets as long for others.
 */
export class Breather {
  readonly #clock: Clock
  #began = 0
  /** Longest stretch so far, ms; for measuring. */
  longest = 0

  constructor(clock: Clock) {
    this.#clock = clock
    this.#began = clock.now()
  }

  /** Work begins, after something was waited for. */
  begin(): void {
    this.#began = this.#clock.now()
  }

  /** The present stretch ends, since something is waited for. */
  end(): void {
    this.longest = Math.max(this.longest, this.#clock.now() - this.#began)
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

import type { CancelTimer, Clock, Millis } from '@p2pshare/base'

/** Lets one wait for whatever rings next. A ring while nobody waits is kept for the next who does. */
export class Doorbell {
  readonly #clock: Pick<Clock, 'after'>
  #rung = false
  #answer: (() => void) | undefined

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock
  }

  readonly ring = (): void => {
    this.#rung = true
    this.#answer?.()
  }

  /** Resolves with the next ring, at the abort, or after `most`. */
  async wait(most: Millis, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) await this.#waited(most, signal)
    this.#rung = false
  }

  #waited(most: Millis, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      let stop: CancelTimer = () => {}
      const done = (): void => {
        this.#answer = undefined
        stop()
        signal.removeEventListener('abort', done)
        resolve()
      }
      stop = this.#clock.after(most, done)
      this.#answer = done
      signal.addEventListener('abort', done, { once: true })
    })
  }
}

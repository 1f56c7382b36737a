import type { Clock } from '@p2pshare/base'
import type { Log } from '@p2pshare/ports'
import { reasonOf } from '../errors.ts'
import { ANNOUNCE } from '../limits/index.ts'
import { Doorbell } from './doorbell.ts'

/** Does one piece of work; answers how long to wait before the next (ms; 0: not at all), undefined for "until the bell rings". */
export type Step = (signal: AbortSignal) => Promise<number | undefined>

/** Repeats a step until stopped; what it throws is logged, and tried again after a growing while. */
export class WorkLoop {
  readonly #bell = new Doorbell()
  readonly #clock: Clock
  readonly #log: Log
  readonly #step: Step
  #failures = 0
  #running: Promise<void> | undefined

  constructor(clock: Clock, log: Log, step: Step) {
    this.#clock = clock
    this.#log = log
    this.#step = step
  }

  start(signal: AbortSignal): void {
    this.#running = this.#run(signal)
  }

  /** Resolves when the step under way has ended, after the signal of {@link start} has fired. */
  async ended(): Promise<void> {
    await this.#running
  }

  /** There is something to do. */
  ring(): void {
    this.#bell.ring()
  }

  /** Steps in a row that came to nothing. */
  get failures(): number {
    return this.#failures
  }

  /** A step came to something. */
  succeeded(): void {
    this.#failures = 0
  }

  /** A step came to nothing: how long to wait before the next. */
  failed(): number {
    return Math.min(ANNOUNCE.maxRetry, ANNOUNCE.firstRetry * 2 ** Math.min(10, this.#failures++))
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let delay: number | undefined
      try {
        delay = await this.#step(signal)
      } catch (error) {
        if (!signal.aborted)
          this.#log.warn({ error: reasonOf(error) }, 'announcing failed; it is tried again')
        delay = this.failed()
      }
      if (delay !== 0) await this.#bell.wait(this.#clock, signal, delay)
    }
  }
}

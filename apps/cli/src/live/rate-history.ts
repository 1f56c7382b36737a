/** Milliseconds between two samples, and how many are kept. */
const STEP = 1000
const KEPT = 60

/** The rates of the last minute, a sample a second; what comes sooner is left out. */
export class RateHistory {
  readonly #rates: number[] = []
  #at = Number.NEGATIVE_INFINITY

  /** @param at - milliseconds of any clock that goes on */
  note(at: number, rate: number): void {
    if (at - this.#at < STEP) return
    this.#at = at
    this.#rates.push(rate)
    if (this.#rates.length > KEPT) this.#rates.shift()
  }

  /** Oldest first. */
  get rates(): readonly number[] {
    return this.#rates
  }
}

import type { Millis } from '@p2pshare/base'

/**
 * What a peer may do of one thing: `most` at once, and as much again spread over `refill`. For
 * limits on behaviour, not for shaping traffic: who overdraws is told so and nothing waits.
 */
export class Allowance {
  readonly #most: number
  readonly #refill: number
  #left: number
  #at: Millis

  /** @param refill - milliseconds in which a spent allowance comes back whole */
  constructor(most: number, refill: number, now: Millis) {
    this.#most = most
    this.#refill = refill
    this.#left = most
    this.#at = now
  }

  /** Takes `amount` if so much is left; false, and nothing taken, when not. */
  spend(amount: number, now: Millis): boolean {
    this.#comeBack(now)
    if (amount > this.#left) return false
    this.#left -= amount
    return true
  }

  /** Whether nothing is spent: it can be forgotten and made anew. */
  isWhole(now: Millis): boolean {
    this.#comeBack(now)
    return this.#left >= this.#most
  }

  #comeBack(now: Millis): void {
    const back = (Math.max(0, now - this.#at) / this.#refill) * this.#most
    this.#left = Math.min(this.#most, this.#left + back)
    this.#at = now
  }
}

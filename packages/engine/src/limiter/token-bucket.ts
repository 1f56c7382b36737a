/** What a bucket may save up, in milliseconds of its rate. */
const BURST = 250

/**
 * One limit: tokens (bytes) come in at a rate and are taken by whoever sends. The bucket may be
 * overdrawn: what is taken at a level ≥ 0 may exceed it, and nobody takes more until the debt is
 * paid. So a slice may be larger than the bucket, and the average is still exact.
 * (Token bucket as in RFC 2697, with debt instead of a minimum depth.)
 */
export class TokenBucket {
  #rate: number
  #level = 0
  #at: number

  /** @param rate - bytes per second, > 0; the bucket starts empty, without debt */
  constructor(rate: number, now: number) {
    this.#rate = rate
    this.#at = now
  }

  /** Bytes per second. */
  get rate(): number {
    return this.#rate
  }

  /** When the bucket is out of debt: `now` if it is already. */
  openAt(now: number): number {
    this.#refill(now)
    return this.#level >= 0 ? now : now + (-this.#level * 1000) / this.#rate
  }

  /** Takes bytes; the caller has seen that it is open. */
  take(bytes: number): void {
    this.#level -= bytes
  }

  /**
   * Another rate from now on. Savings shrink to the new burst. A debt made at a higher rate is
   * paid in the time it would have taken; one made at a lower rate is paid at the new one.
   */
  setRate(rate: number, now: number): void {
    this.#refill(now)
    if (this.#level < 0) this.#level *= Math.min(1, rate / this.#rate)
    this.#rate = rate
    this.#level = Math.min(this.#level, this.#burst)
  }

  get #burst(): number {
    return (this.#rate * BURST) / 1000
  }

  #refill(now: number): void {
    if (now <= this.#at) return
    const level = this.#level + ((now - this.#at) * this.#rate) / 1000
    // The last digits of a sum of fractions are no reason to wait another millisecond.
    this.#level = Math.min(this.#burst, Math.abs(level) < 1e-6 ? 0 : level)
    this.#at = now
  }
}

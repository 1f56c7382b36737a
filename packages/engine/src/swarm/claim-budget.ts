import type { Millis } from '@p2pshare/base'

/** Time in which the whole budget comes back. */
const REFILL_TIME = 60_000

/**
 * How many changes of its piece map a peer may make: four times the whole map and 65,536 at
 * once, coming back over a minute. A run of a million pieces is a few bytes on the wire but a
 * million steps here, so without a budget a peer could keep us busy for next to nothing.
 */
export class ClaimBudget {
  readonly #most: number
  #left: number
  #at: Millis

  constructor(pieceCount: number, now: Millis) {
    this.#most = 4 * pieceCount + 65_536
    this.#left = this.#most
    this.#at = now
  }

  /** Spends `changes`; false when the peer has overdrawn. */
  spend(changes: number, now: Millis): boolean {
    const back = ((now - this.#at) / REFILL_TIME) * this.#most
    this.#left = Math.min(this.#most, this.#left + Math.max(0, back)) - changes
    this.#at = now
    return this.#left >= 0
  }
}

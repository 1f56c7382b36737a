import { type Millis, millis } from '@p2pshare/base'

const FIRST = 2000
const AGAIN = 30_000
const LONGEST = 600_000

/**
 * When to look for providers of pieces that no connected peer has: 2 s after the want arose, then
 * every 30 s, doubling to 10 min while it lasts; a want that comes and goes gets no more than one
 * search in 30 s.
 */
export class SeekTimer {
  #due: Millis | undefined
  #interval = AGAIN
  #last = Number.NEGATIVE_INFINITY

  /** When the next search is due; undefined when nothing is wanted. */
  get due(): Millis | undefined {
    return this.#due
  }

  /** Tells whether some piece is without a source; answers whether to search now. */
  update(wanting: boolean, now: Millis): boolean {
    if (!wanting) {
      this.#due = undefined
      this.#interval = AGAIN
      return false
    }
    this.#due ??= millis(Math.max(now + FIRST, this.#last + AGAIN))
    if (now < this.#due) return false
    this.#last = now
    this.#due = millis(now + this.#interval)
    this.#interval = Math.min(LONGEST, this.#interval * 2)
    return true
  }
}

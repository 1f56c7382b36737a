import { type Millis, millis, type PieceIndex } from '@p2pshare/base'
import type { SwarmEffect } from './events.ts'

/**
 * Gathers what must be told to the peers, so that a fast download does not send a message per
 * piece. Losses are told at once: until then peers ask in vain and hold it against us.
 */
export class Announcements {
  readonly #delay: number
  readonly #most: number
  #added = new Set<PieceIndex>()
  #removed = new Set<PieceIndex>()
  #due: Millis | undefined

  /** @param delay - ms from the first piece to the message; @param most - pieces that send it at once */
  constructor(delay: number, most: number) {
    this.#delay = delay
    this.#most = most
  }

  /** When the next message is due; undefined when there is none. */
  get due(): Millis | undefined {
    return this.#due
  }

  added(piece: PieceIndex, now: Millis): void {
    this.#added.add(piece)
    if (this.#added.size >= this.#most) this.#due = now
    else this.#due ??= millis(now + this.#delay)
  }

  removed(piece: PieceIndex, now: Millis): void {
    if (!this.#added.delete(piece)) this.#removed.add(piece)
    this.#due = now
  }

  /** The message, if it is due (or `force`). */
  take(now: Millis, force = false): SwarmEffect | undefined {
    if (this.#due === undefined || (now < this.#due && !force)) return undefined
    const effect: SwarmEffect = { kind: 'announce', added: [...this.#added], removed: [...this.#removed] }
    this.#added = new Set()
    this.#removed = new Set()
    this.#due = undefined
    return effect.added.length + effect.removed.length > 0 ? effect : undefined
  }
}

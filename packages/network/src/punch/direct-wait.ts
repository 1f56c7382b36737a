import type { Connection } from '@libp2p/interface'
import type { CancelTimer, Clock, Millis } from '@p2pshare/base'
import { PUNCH } from '../limits/index.ts'

/** How waiting for a direct connection ended: with one, or with what went wrong, for people. */
export type DirectOutcome = { connection: Connection } | { text: string }

/**
 * Waits for a direct connection beside a relayed one. Only the side to which the relayed connection came in begins
 * attempts, so the other one can merely wait for word of them; never longer than {@link PUNCH.patience}.
 */
export class DirectWait {
  readonly outcome: Promise<DirectOutcome>
  readonly #resolve: (outcome: DirectOutcome) => void
  readonly #clock: Pick<Clock, 'after'>
  readonly #cancelPatience: CancelTimer
  #cancelWord: CancelTimer | undefined
  #attempts = 0
  #text = 'the other side made no attempt'
  #settled = false

  constructor(clock: Pick<Clock, 'after'>) {
    const { promise, resolve } = Promise.withResolvers<DirectOutcome>()
    this.outcome = promise
    this.#resolve = resolve
    this.#clock = clock
    this.#cancelPatience = clock.after(PUNCH.patience, () => this.#giveUp())
    this.#expectWord(PUNCH.firstWord)
  }

  /** An attempt has begun. */
  begun(): void {
    this.#cancelWord?.()
  }

  /** An attempt came to nothing. */
  failed(text: string): void {
    this.#text = text
    this.#attempts++
    if (this.#attempts >= PUNCH.attempts) this.#giveUp()
    else this.#expectWord(PUNCH.nextWord)
  }

  /** There will be no more attempts. */
  over(text: string): void {
    this.#text = text
    this.#giveUp()
  }

  connected(connection: Connection): void {
    this.#settle({ connection })
  }

  #expectWord(within: Millis): void {
    this.#cancelWord?.()
    if (!this.#settled) this.#cancelWord = this.#clock.after(within, () => this.#giveUp())
  }

  #giveUp(): void {
    this.#settle({ text: this.#text })
  }

  #settle(outcome: DirectOutcome): void {
    if (this.#settled) return
    this.#settled = true
    this.#cancelPatience()
    this.#cancelWord?.()
    this.#resolve(outcome)
  }
}

import { MINUTE, type Millis } from '@p2pshare/base'
import { Allowance } from '../rate/allowance.ts'
import type { ExchangeLimits } from './exchange-limits.ts'

/** What becomes of a message with records. */
export type BudgetVerdict =
  | 'taken'
  /** Over the budget: nothing of it is looked at. */
  | 'ignored'
  /** So far over it that no honest peer does this. */
  | 'abuse'

/** How many records one peer may send for one share. Checking a signature is work that a sender could heap on us. */
export class RecordBudget {
  readonly #messages: Allowance
  readonly #excess: Allowance

  constructor(limits: ExchangeLimits, now: Millis) {
    this.#messages = new Allowance(limits.messages, limits.messages * limits.messageRefill, now)
    this.#excess = new Allowance(limits.excess, MINUTE, now)
  }

  /** A message of `records` records came. */
  take(records: number, now: Millis): BudgetVerdict {
    if (this.#messages.spend(1, now)) return 'taken'
    return this.#excess.spend(records, now) ? 'ignored' : 'abuse'
  }

  /** Whether the peer has been quiet for so long that it starts anew. */
  isWhole(now: Millis): boolean {
    return this.#messages.isWhole(now) && this.#excess.isWhole(now)
  }
}

import type { Moment, ObservedShare } from '@p2pshare/control'
import { RateHistory } from '../live/rate-history.ts'

/** The rates of the last minute: of the daemon, and of the shares that are told of. */
export class Histories {
  readonly #down = new RateHistory()
  readonly #up = new RateHistory()
  #shares = new Map<string, RateHistory>()

  note({ at, rateDown, rateUp, shares }: Moment): void {
    this.#down.note(at, rateDown)
    this.#up.note(at, rateUp)
    // Those that are told of no more are forgotten.
    const told = new Map<string, RateHistory>()
    for (const share of shares) {
      const history = this.#shares.get(share.cid) ?? new RateHistory()
      history.note(at, share.done < share.size ? share.rateDown : share.rateUp)
      told.set(share.cid, history)
    }
    this.#shares = told
  }

  get down(): readonly number[] {
    return this.#down.rates
  }

  get up(): readonly number[] {
    return this.#up.rates
  }

  /** Of receiving, or of sending where all is here; oldest first. */
  of({ cid }: Pick<ObservedShare, 'cid'>): readonly number[] {
    return this.#shares.get(cid)?.rates ?? []
  }
}

import { HOUR, type Millis, MINUTE, millis, SECOND } from '@p2pshare/base'

/** How often something may happen: for one peer, and for all together. */
export interface Allowance {
  /** At once, after a pause. */
  burst: number
  /** Time after which one more is allowed. */
  every: Millis
}

/** Calls of an authorised peer; a script that asks for the state of many shares is fine. */
export const CALLS = {
  own: { burst: 100, every: millis(SECOND / 20) },
  all: { burst: 400, every: millis(SECOND / 100) }
} as const

/** Answers to peers that are not authorised: above it their streams are reset without a word. */
export const REFUSALS = {
  own: { burst: 3, every: millis(20 * SECOND) },
  all: { burst: 20, every: millis(2 * SECOND) }
} as const

/** Lines of the log about peers that are not authorised. */
export const TOLD = {
  own: { burst: 1, every: millis(24 * HOUR) },
  all: { burst: 10, every: millis(6 * MINUTE) }
} as const

/** Peers whose rates are remembered; of more, those seen longest ago are forgotten, and what all may do still holds. */
export const PEERS_REMEMBERED = 256

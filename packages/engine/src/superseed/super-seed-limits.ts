import { MiB, type Millis, millis } from '@p2pshare/base'

/** Every number that shapes super-seeding; sizes in bytes, times in milliseconds. */
export interface SuperSeedLimits {
  /** What is offered at once: one piece, or a run of small ones up to this size. */
  readonly offerBytes: number
  /** Most pieces in one offer. */
  readonly offerPieces: number
  /** Offers that may be open with all peers, however slow we are: one more than what a slow line needs to stay busy. */
  readonly leastOpen: number
  /** Offers that may be open with one peer, however slow it is. */
  readonly leastOpenPerPeer: number
  /** Beyond that, open offers may be as much as was sent in this time, twice. */
  readonly horizon: Millis
  /** How long more room is tried before its effect is judged. */
  readonly tryFor: Millis
  /** The flow must grow by this factor for more room to stay. */
  readonly growth: number
  /** After so many judgements without a change, more room is tried again. */
  readonly pauses: number
  /** An offer that the peer does not ask for within this goes to another one. */
  readonly takeWithin: Millis
  /** The same for one that was asked for, but of which nothing was sent for so long. */
  readonly progressWithin: Millis
  /** A peer that got all bytes of a piece must say that it has it within this. */
  readonly announceWithin: Millis
  /** A peer that let an offer lapse gets no other for this long; twice as long for each piece that it kept to itself. */
  readonly rest: Millis
  /** When every piece is at some peer, the peers are left to themselves for this part of the time it took. */
  readonly linger: number
  /** With nothing sent for this long, the peers are told everything, for good. */
  readonly stuckAfter: Millis
  /** A peer that is alone for this long is told everything until another one comes. */
  readonly aloneFor: Millis
}

/** The limits in use unless the caller says otherwise. */
export const DEFAULT_SUPER_SEED_LIMITS: SuperSeedLimits = {
  offerBytes: MiB,
  offerPieces: 256,
  leastOpen: 3,
  leastOpenPerPeer: 2,
  horizon: millis(1000),
  tryFor: millis(8000),
  growth: 1.2,
  pauses: 4,
  takeWithin: millis(10_000),
  progressWithin: millis(30_000),
  announceWithin: millis(15_000),
  rest: millis(30_000),
  linger: 0.2,
  stuckAfter: millis(30_000),
  aloneFor: millis(5000)
}

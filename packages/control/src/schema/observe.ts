import { z } from 'zod'
import { limitsInForce } from './limits.ts'
import { count, rate, sharePhase, shareState, shareSummary } from './share.ts'
import { shareRefText } from './transfer.ts'

/** Most parts that a piece map has. */
export const MAP_PARTS = 400

/** `observe`: one share, or the busiest ones. */
export const observeRequest = z.strictObject({
  ref: shareRefText.optional(),
  /** How many shares are told of at most. */
  shares: z.number().int().min(1).max(100).default(20)
})
/** See {@link observeRequest}; defaults filled in. */
export type ObserveRequest = z.infer<typeof observeRequest>

/** One share of a moment. */
export const observedShare = shareSummary.extend({
  pieces: count,
  /** Content bytes sent and received, ever. */
  uploaded: count,
  downloaded: count,
  rateUp: rate,
  rateDown: rate,
  /** Connected peers that take part, and how many of them over a relay. */
  peers: count,
  relayed: count,
  /** As in `status`. */
  availability: z.number().min(0),
  phase: sharePhase,
  /**
   * The share from its first piece to its last in equal parts, a character each: `#` all here, `+` some of it here,
   * `-` none here but connected peers have some of it, `.` no connected peer has any of what is missing there.
   * Empty before the pieces are known.
   */
  map: z
    .string()
    .max(MAP_PARTS)
    .regex(/^[#+.-]*$/)
})
/** See {@link observedShare}. */
export type ObservedShare = z.infer<typeof observedShare>

/** What the stream of `observe` carries: everything the daemon does at one moment. */
export const moment = z.object({
  /** Wall time, ms. */
  at: z.number(),
  version: z.string(),
  network: z.string(),
  /** Wall time of the daemon's start, ms. */
  startedAt: z.number(),
  /** Connected peers, and how many of them over a relay. */
  peers: count,
  relayed: count,
  rateUp: rate,
  rateDown: rate,
  limits: limitsInForce,
  /** How many shares are in each state; of all, whatever was asked for. */
  states: z.partialRecord(shareState, count),
  /** What moves first. */
  shares: z.array(observedShare).max(100),
  /** Shares that were asked for and did not fit in `shares`. */
  more: count
})
/** See {@link moment}. */
export type Moment = z.infer<typeof moment>

import { z } from 'zod'
import { shareRefText } from './transfer.ts'

/** Bytes per second, a whole number ≥ 1; null = none. */
const limitRate = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullable()
/** Local time of day, `00:00` … `23:59`. */
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/)

/** Days of the week as the schedule names them, in the order of the calendar. */
export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** Limits for some hours of the week. */
export const alternativeLimits = z.object({
  up: limitRate,
  down: limitRate,
  /** Whether they hold: always, never, or in the hours below. */
  mode: z.enum(['on', 'off', 'auto']),
  from: clockTime,
  /** Not after `from`: of the next day; equal: a whole day. */
  to: clockTime,
  /** Days on which the hours begin. */
  days: z.array(z.enum(WEEKDAYS)).min(1).max(7)
})
/** See {@link alternativeLimits}. */
export type AlternativeLimits = z.infer<typeof alternativeLimits>

/** What holds for the daemon this moment. */
export const limitsInForce = z.object({
  up: limitRate,
  down: limitRate,
  includeLan: z.boolean(),
  /** Whether these are the normal limits, or the alternative ones, and then why. */
  why: z.enum(['normal', 'switched-on', 'schedule'])
})
/** See {@link limitsInForce}. */
export type LimitsInForce = z.infer<typeof limitsInForce>

/** Rate limits that are set for the daemon, one share or one peer. */
export const limits = z.object({
  up: limitRate,
  down: limitRate,
  /** Whether peers on the local network count too. */
  includeLan: z.boolean(),
  /** Of the daemon only. */
  inForce: limitsInForce.optional(),
  /** Of the daemon only. */
  alternative: alternativeLimits.optional()
})
/** See {@link limits}. */
export type Limits = z.infer<typeof limits>

/** `limit`: what is absent stays as it is; nothing given = only look. */
export const limitRequest = z
  .strictObject({
    ref: shareRefText.optional(),
    /** A libp2p peer id in base58. */
    peer: z
      .string()
      .regex(/^[1-9A-HJ-NP-Za-km-z]{40,64}$/, 'not a peer id')
      .optional(),
    up: limitRate.optional(),
    down: limitRate.optional(),
    includeLan: z.boolean().optional(),
    /** For the daemon only. */
    alternative: z.strictObject(alternativeLimits.partial().shape).optional()
  })
  .refine(({ ref, peer }) => ref === undefined || peer === undefined, 'a share or a peer, not both')
  .refine(
    ({ ref, peer, alternative }) => alternative === undefined || (ref ?? peer) === undefined,
    'alternative limits are for the whole daemon'
  )
  .refine(
    ({ peer, includeLan }) => peer === undefined || includeLan === undefined,
    'a limit of a peer holds wherever the peer is'
  )
/** See {@link limitRequest}. */
export type LimitRequest = z.infer<typeof limitRequest>

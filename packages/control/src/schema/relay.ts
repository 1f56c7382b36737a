import { z } from 'zod'
import { count } from './share.ts'

const choice = z.enum(['auto', 'off', 'signals', 'data'])
const period = z.enum(['day', 'month'])
/** A whole number ≥ 1; null = no bound. */
const bound = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER).nullable()

/** `relay`: what is absent stays as it is; nothing given = only look. */
export const relayRequest = z.strictObject({
  choice: choice.optional(),
  /** Bytes that are relayed as data in each day or calendar month (UTC). */
  budget: z.strictObject({ bytes: bound, period }).optional(),
  /** Bytes per second of all that is relayed as data. */
  rate: bound.optional(),
  /** Peers that may have a place; null = as many as usual. */
  places: z.number().int().min(1).max(1000).nullable().optional()
})
/** See {@link relayRequest}. */
export type RelayRequest = z.infer<typeof relayRequest>

/** This daemon as a relay for others; counts are since its start. */
export const relayView = z.object({
  /** What is relayed now. */
  mode: z.enum(['off', 'signals', 'data']),
  /** What is set; `auto`: signals, once others can reach this node. */
  choice,
  /** Why the mode is what it is, one sentence. */
  text: z.string(),
  /** Peers that can be reached through this node, how many of them take part in its shares, and how many there may be. */
  places: count,
  memberPlaces: count,
  maxPlaces: count,
  /** Connections through this node now, and in all. */
  circuits: count,
  relayed: count,
  /** Bytes carried, both ways, signals and data. */
  carried: count,
  budget: z.object({ bytes: bound, period, spent: count, left: count.nullable(), resetsAt: z.number() }),
  rate: bound,
  /** Bytes that may still be relayed as signals today. */
  signalsLeft: count,
  /** What was refused, and what ended, by reason. */
  refused: z.record(z.string(), count),
  ended: z.record(z.string(), count)
})
/** See {@link relayView}. */
export type RelayView = z.infer<typeof relayView>

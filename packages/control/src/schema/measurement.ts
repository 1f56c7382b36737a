import { z } from 'zod'
import { count } from './share.ts'

/** Quantiles of one kind of wait, in ms. */
const waits = z.object({ count, p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() })
/** See {@link waits}. */
export type Waits = z.infer<typeof waits>

/** `measure`: watches the daemon for so many ms, and then answers. */
export const measureRequest = z.strictObject({
  duration: z.number().int().min(100).max(60_000).default(2000)
})
/** See {@link measureRequest}. */
export type MeasureRequest = z.infer<typeof measureRequest>

/** Answer of `measure`: how quickly the daemon answers, and what it uses. */
export const measurement = z.object({
  /** Time that was watched, in ms. */
  duration: z.number(),
  /** CPU seconds of all its threads within that time. */
  cpuSeconds: z.number(),
  /** Resident memory at the end, in bytes. */
  memory: count,
  /** Part of the time in which the main thread was busy, 0 … 1. */
  busy: z.number(),
  /** How late the main thread came to what was due. */
  eventLoopDelay: waits,
  /** Round trips of control messages, to each peer with a swarm link that answered. */
  roundTrips: z.array(waits.extend({ peerId: z.string() })).max(10_000)
})
/** See {@link measurement}. */
export type Measurement = z.infer<typeof measurement>

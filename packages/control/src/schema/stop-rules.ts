import { z } from 'zod'
import { STOP_LIMITS } from '../stop-limits.ts'

const { ratio, time, replicas } = STOP_LIMITS

/** When a share stops seeding; null = not by that. */
export const stopRules = z.object({
  /** Bytes sent for each byte of content. */
  ratio: z.number().min(ratio.least).max(ratio.most).nullable(),
  /** ms seeded. */
  time: z.number().int().min(time.least).max(time.most).nullable(),
  /** Others that have all of it; beside another rule a floor. */
  replicas: z.number().int().min(replicas.least).max(replicas.most).nullable()
})
/** See {@link stopRules}. */
export type StopRulesView = z.infer<typeof stopRules>

/** How a share stands to its rules. */
export const stopping = z.object({
  /** In force: its own, else the daemon's. */
  rules: stopRules,
  /** Which of them are its own. */
  own: z.array(z.enum(['ratio', 'time', 'replicas'])).max(3),
  /** Bytes sent for each byte that is here; null when nothing is. */
  ratio: z.number().min(0).nullable(),
  /** ms seeded, over restarts. */
  seeded: z.number().min(0),
  /** Others that were seen with all of it within a day, at different places. */
  replicas: z.number().int().min(0),
  /** Why it was paused, if its rules did it. */
  stopped: z.string().nullable()
})
/** See {@link stopping}. */
export type Stopping = z.infer<typeof stopping>

import { z } from 'zod'
import { count, shareState } from './share.ts'
import { shareRefText } from './transfer.ts'

/** Most shares that one answer tells of. */
const MOST_TOLD = 1000

/** Where a fetch goes: to an end, one place on, or to a place, the first being 1. */
const queueMove = z.union([z.enum(['first', 'last', 'up', 'down']), z.number().int().min(1).max(1_000_000)])

/** `queue`: moves a share, or only looks. */
export const queueRequest = z
  .strictObject({ ref: shareRefText.optional(), move: queueMove.optional() })
  .refine(
    ({ ref, move }) => (ref === undefined) === (move === undefined),
    'a share and where it goes, or neither'
  )
/** See {@link queueRequest}. */
export type QueueRequest = z.infer<typeof queueRequest>

/** One fetch of the queue. */
export const queuedJob = z.object({
  /** 1 = the first. */
  place: count,
  cid: z.string(),
  /** As the share says, not escaped. */
  name: z.string(),
  size: count,
  done: count,
  state: shareState,
  reason: z.string().optional(),
  running: z.boolean(),
  /** It runs, and nothing comes in: it takes no place. */
  stalled: z.boolean(),
  /** It runs regardless of the queue (`resume --now`), and takes no place. */
  forced: z.boolean()
})
/** See {@link queuedJob}. */
export type QueuedJobView = z.infer<typeof queuedJob>

/** Fetches that run and wait, in order, and shares that are verified. */
export const queueView = z.object({
  /** Fetches that may run at once; null = no limit. */
  activeFetches: count.nullable(),
  /** Shares that may be verified at once; null = no limit. */
  activeVerifies: count.nullable(),
  running: count,
  waiting: count,
  jobs: z.array(queuedJob).max(MOST_TOLD),
  /** Jobs behind these. */
  more: count,
  /** Shares that are verified, or wait for that, in order. */
  verifies: z.array(z.object({ cid: z.string(), name: z.string(), running: z.boolean() })).max(MOST_TOLD)
})
/** See {@link queueView}. */
export type QueueView = z.infer<typeof queueView>

/** `resume`. */
export const resumeRequest = z.strictObject({
  ref: shareRefText,
  /** Fetches it regardless of the queue. */
  now: z.boolean().default(false)
})
/** See {@link resumeRequest}. */
export type ResumeRequest = z.infer<typeof resumeRequest>

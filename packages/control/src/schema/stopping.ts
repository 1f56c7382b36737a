import { z } from 'zod'
import { shareState } from './share.ts'
import { stopping, stopRules } from './stop-rules.ts'
import { shareRefText } from './transfer.ts'

/** `stopWhen`: what is absent stays as it is; nothing given = only look. */
export const stopRequest = z
  .strictObject({
    ref: shareRefText,
    rules: z.strictObject(stopRules.partial().shape).optional(),
    /** Forgets the share's own rules: those of the daemon count again. */
    usual: z.boolean().default(false)
  })
  .refine(({ rules, usual }) => rules === undefined || !usual, 'rules of its own, or those of the daemon')
/** See {@link stopRequest}. */
export type StopRequest = z.infer<typeof stopRequest>

/** Answer of `stopWhen`. */
export const stopAnswer = stopping.extend({
  cid: z.string(),
  state: shareState,
  reason: z.string().optional()
})
/** See {@link stopAnswer}. */
export type StopAnswer = z.infer<typeof stopAnswer>

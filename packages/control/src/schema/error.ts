import type { Fault } from '@p2pshare/base'
import { z } from 'zod'

const faults = [
  'peer',
  'user',
  'disk',
  'network',
  'content',
  'daemon',
  'bug'
] as const satisfies readonly Fault[]

/** A ShareError as it crosses the socket. */
export const errorBody = z.object({
  code: z.string().regex(/^[a-z]+\.[a-z0-9-]+$/),
  fault: z.enum(faults),
  message: z.string(),
  hint: z.string().optional(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).optional()
})
/** See {@link errorBody}. */
export type ErrorBody = z.infer<typeof errorBody>

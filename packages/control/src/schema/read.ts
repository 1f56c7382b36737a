import { z } from 'zod'
import { innerPath } from './choice.ts'
import { count, sharePhase } from './share.ts'
import { absolutePath, shareRefText } from './transfer.ts'

/** Bytes of a file, both ends counted, or its last ones (RFC 9110, 14.1.2). */
export const byteRange = z.union([
  z
    .strictObject({ first: count, last: count.optional() })
    .refine(({ first, last = first }) => first <= last, 'the last is before the first'),
  z.strictObject({ suffix: count })
])

/**
 * `read`: a file's bytes, in order, while they come. Of a share that is not here, only what is read is fetched, and it
 * goes with its last reader.
 */
export const readRequest = z.strictObject({
  ref: shareRefText,
  /** Of the file; left out for a share that is one file. */
  path: innerPath.optional(),
  range: byteRange.optional(),
  /** Fetches the file for good, into this folder, as `fetch` does, and reads it meanwhile. */
  keep: absolutePath.optional()
})
/** See {@link readRequest}. */
export type ReadRequest = z.infer<typeof readRequest>

/** What the stream of `read` carries between the bytes: `state` while it waits, `file` before them, `done` last. */
export const readEvent = z.discriminatedUnion('event', [
  z.object({ event: z.literal('state'), cid: z.string(), name: z.string(), phase: sharePhase }),
  /** Bytes `start` up to, not with, `end` of `size` follow. */
  z.object({
    event: z.literal('file'),
    cid: z.string(),
    name: z.string(),
    size: count,
    start: count,
    end: count
  }),
  /** All are out. A stream without it was cut off. */
  z.object({ event: z.literal('done'), cid: z.string(), bytes: count })
])
/** See {@link readEvent}. */
export type ReadEvent = z.infer<typeof readEvent>

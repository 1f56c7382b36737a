import { z } from 'zod'
import { count, shareState } from './share.ts'
import { absolutePath, shareRefText } from './transfer.ts'

/** `relocate`: where the files of a share lie now, or where a fetch is to go. */
export const relocateRequest = z.strictObject({ ref: shareRefText, path: absolutePath })
/** See {@link relocateRequest}. */
export type RelocateRequest = z.infer<typeof relocateRequest>

/** What the stream of `relocate` carries; `done` last. Failing throws, and then nothing has changed. */
export const relocateEvent = z.discriminatedUnion('event', [
  /** What is there is being checked; at most 4 a second. */
  z.object({ event: z.literal('checking'), done: count, total: count }),
  z.object({
    event: z.literal('done'),
    cid: z.string(),
    name: z.string(),
    /** Real path of the file or folder. */
    path: z.string(),
    state: shareState,
    /** Bytes that had to be read: 0 where all files were just renamed. */
    hashed: count
  })
])
/** See {@link relocateEvent}. */
export type RelocateEvent = z.infer<typeof relocateEvent>

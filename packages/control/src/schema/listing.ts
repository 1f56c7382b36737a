import { z } from 'zod'
import { count, sharePhase } from './share.ts'
import { shareRefText } from './transfer.ts'

/** A path below a share's root, names with `/` between them; at most 4096 UTF-16 units. */
export const innerPath = z.string().min(1).max(4096)

/** `entries`: what is in a share, or in a part of it. */
export const entriesRequest = z.strictObject({ ref: shareRefText, path: innerPath.optional() })
/** See {@link entriesRequest}. */
export type EntriesRequest = z.infer<typeof entriesRequest>

/** One file or folder of a share. */
export const shareEntry = z.object({
  kind: z.enum(['file', 'folder']),
  /** Files only: its number in the share, from 1. */
  number: count.optional(),
  /** From the share's root, names with `/` between them, not escaped; empty for the one file of a share without folders. */
  path: z.string(),
  /** Content bytes; of a folder those of all files below it. */
  size: count
})
/** See {@link shareEntry}. */
export type ShareEntryView = z.infer<typeof shareEntry>

/**
 * What the stream of `entries` carries: `state` while the index is fetched, then entries in pages, each folder before
 * what is in it; `done` last, with sums of what was listed.
 */
export const entriesEvent = z.discriminatedUnion('event', [
  /** As of `fetch`; nothing of the content is fetched. */
  z.object({ event: z.literal('state'), cid: z.string(), name: z.string(), phase: sharePhase }),
  z.object({ event: z.literal('entries'), entries: z.array(shareEntry).max(1000) }),
  z.object({
    event: z.literal('done'),
    cid: z.string(),
    name: z.string(),
    files: count,
    folders: count,
    size: count
  })
])
/** See {@link entriesEvent}. */
export type EntriesEvent = z.infer<typeof entriesEvent>

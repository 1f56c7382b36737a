import { z } from 'zod'
import { fileChoice, filePriorities, filePriority, innerPath } from './choice.ts'
import { count, pieceOrder, sharePhase, shareState } from './share.ts'
import { shareRefText } from './transfer.ts'

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
  size: count,
  /** Of a share that is here: content bytes that are on disk and verified; of a folder those of all files below it. */
  done: count.optional(),
  /** The same, files only: how much it is wanted. */
  priority: filePriority.optional(),
  /** Where it lies on this machine: of the entries of a share that was seeded here from several paths. */
  source: z.string().optional()
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
  z.object({
    event: z.literal('entries'),
    /** Of the share, as far as it is known. */
    name: z.string().optional(),
    entries: z.array(shareEntry).max(1000)
  }),
  z.object({
    event: z.literal('done'),
    cid: z.string(),
    name: z.string(),
    files: count,
    folders: count,
    size: count,
    /** The share is encrypted, and its key known: what is listed is what it holds. It is fetched whole. */
    private: z.boolean().optional()
  })
])
/** See {@link entriesEvent}. */
export type EntriesEvent = z.infer<typeof entriesEvent>

/** `select`: nothing given = only look. */
export const selectRequest = z
  .strictObject({
    ref: shareRefText,
    /** These files and no others. */
    choice: fileChoice.optional(),
    all: z.boolean().default(false),
    /** These files are wanted as much as that; all others as before, or as `choice` or `all` say. */
    priorities: filePriorities.optional(),
    /** From now on. */
    order: pieceOrder.optional()
  })
  .refine(({ choice, all }) => choice === undefined || !all, 'all, or a choice, not both')
/** See {@link selectRequest}. */
export type SelectRequest = z.infer<typeof selectRequest>

/** Answer of `select`: what is wanted, of what there is. Counts are left out until the index is known. */
export const selection = z.object({
  cid: z.string(),
  state: shareState,
  order: pieceOrder.optional(),
  files: count.optional(),
  /** Content bytes. */
  size: count.optional(),
  wantedFiles: count.optional(),
  wantedSize: count.optional()
})
/** See {@link selection}. */
export type Selection = z.infer<typeof selection>

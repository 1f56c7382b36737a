import { z } from 'zod'
import { announceLevel, count } from './share.ts'
import { absolutePath } from './transfer.ts'

/** `watch`: watches a folder from now on; without a path only looks at what is watched. */
export const watchRequest = z.strictObject({
  path: absolutePath.optional(),
  /** What is announced of its shares; kept with the folder. Without: as the daemon does, or as before. */
  announce: announceLevel.optional()
})
/** See {@link watchRequest}. */
export type WatchRequest = z.infer<typeof watchRequest>

/** `unwatch`: what was shared of the folder stays shared. */
export const unwatchRequest = z.strictObject({ path: absolutePath })
/** See {@link unwatchRequest}. */
export type UnwatchRequest = z.infer<typeof unwatchRequest>

/** A file or folder at the top level of a watched folder: one share. */
export const watchedEntry = z.object({
  /** As on disk: whoever shows it escapes it. */
  name: z.string(),
  /** `settling`: not still for long enough; `restless`: never still for a minute; `failed`: see the reason. */
  state: z.enum(['settling', 'restless', 'hashing', 'shared', 'missing', 'failed']),
  reason: z.string().optional(),
  /** The hashes that it had, the newest last, and when each was found (wall time, ms). */
  versions: z.array(z.object({ cid: z.string(), at: z.number() })).max(100)
})

/** A watched folder. */
export const watchedFolder = z.object({
  path: z.string(),
  /** `looking`: the first look is under way; `offline`: the folder or its disk is away. */
  state: z.enum(['looking', 'watching', 'offline']),
  reason: z.string().optional(),
  /** Entries that are shared, that will be, that are gone, that cannot be shared, and that are too many. */
  shared: count,
  waiting: count,
  missing: count,
  failed: count,
  left: count,
  /** Wall time, ms, of the last look; null before the first. */
  lastLook: z.number().nullable(),
  announce: announceLevel.optional(),
  /** At most 1000; those with trouble first. */
  entries: z.array(watchedEntry).max(1000)
})
/** See {@link watchedFolder}. */
export type WatchedFolderView = z.infer<typeof watchedFolder>

/** Answer of `watch`: the folder that was named, or all. */
export const watchList = z.object({ folders: z.array(watchedFolder).max(100) })
/** See {@link watchList}. */
export type WatchList = z.infer<typeof watchList>

/** Answer of `unwatch`. */
export const unwatchResult = z.object({ path: z.string(), state: z.literal('unwatched') })
/** See {@link unwatchResult}. */
export type UnwatchResult = z.infer<typeof unwatchResult>

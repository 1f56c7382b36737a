import { SECOND } from '@p2pshare/base'

/** A file or folder that did not change for this long counts as complete. */
export const QUIET: number = 5 * SECOND
/** After this long without a quiet moment it is said that it never stops. */
export const RESTLESS: number = 60 * SECOND
/** What could not be shared is tried again after this, though it did not change. */
export const RETRY: number = 60 * SECOND
/** Looks in a row that miss an entry before it counts as gone: programs replace files by removing them first. */
export const MISSES = 2
/** Pause between two looks while something settles, and else. */
export const BUSY_PAUSE: number = 2 * SECOND
export const CALM_PAUSE: number = 15 * SECOND
/** Between two looks is at least this many times what the last one took: 5 % of the time at most. */
export const PAUSE_PER_LOOK = 20
/** Folders that can be watched. */
export const MOST_FOLDERS = 20
/** Entries of a folder that are shared, each as a share of its own; the rest is left out, and counted. */
export const MOST_ENTRIES = 5000
/** Older versions of an entry that are kept as shares. */
export const OLDER_KEPT = 5

import type { Identity } from '../disk/identity.ts'

/** Bytes of a file up to which it counts as small: read, written and hashed in one step. */
export const SMALL_FILE = 64 * 1024

/** What the thread does with a file. */
export type SmallFileOp = 'hash' | 'read' | 'write' | 'stat'

/** What was found; undefined when anything at all was not as usual, so that the usual way must look into it. */
export type HashResult = { readonly identity: Identity; readonly digests: Uint8Array } | undefined

/** The inode that was written; undefined as for {@link HashResult}. */
export type WriteResult = bigint | undefined

/** The file at the path; undefined as for {@link HashResult}. */
export type StatResult = Identity | undefined

/**
 * Jobs on their way to the thread. The buffer, laid out as a `BatchTable`, goes there and comes back with the
 * results: one text and one buffer cost a message much less than an object for each job.
 */
export interface SmallFileBatch {
  readonly count: number
  /** Absolute paths in the order of the jobs, with NUL between them. */
  readonly paths: string
  readonly buffer: ArrayBuffer
}

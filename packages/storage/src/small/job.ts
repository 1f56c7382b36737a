import type { Identity } from '../disk/identity.ts'

/** Bytes of a file up to which it counts as small: read, written and hashed in one step. */
export const SMALL_FILE = 64 * 1024

/** Hash a file in place. */
export interface HashJob {
  readonly kind: 'hash'
  /** `realpath` of the seeded folder; the open file must really lie below it. */
  readonly realRoot: string
  readonly parts: readonly string[]
}

/** Write a file that is not there yet, or that nobody has written to. */
export interface WriteJob {
  readonly kind: 'write'
  /** `realpath` of the share's part folder. */
  readonly realRoot: string
  readonly parts: readonly string[]
  /** Where its bytes lie in the batch's buffer. */
  readonly start: number
  readonly end: number
}

/** Look at a path, without following a link at its end. */
export interface StatJob {
  readonly kind: 'stat'
  readonly path: string
}

export type SmallFileJob = HashJob | WriteJob | StatJob

/** What was found; undefined when anything at all was not as usual, so that the usual way must look into it. */
export type HashResult = { readonly identity: Identity; readonly digests: Uint8Array } | undefined

/** The inode that was written; undefined as for {@link HashResult}. */
export type WriteResult = bigint | undefined

/** The file at the path; undefined as for {@link HashResult}. */
export type StatResult = Identity | undefined

export type SmallFileResult = HashResult | WriteResult | StatResult

/** Jobs on their way to the thread. The buffer goes there and comes back. */
export interface SmallFileBatch {
  readonly jobs: readonly SmallFileJob[]
  readonly buffer: ArrayBuffer
}

/** Their results, in the order of the jobs. */
export interface SmallFileAnswer {
  readonly results: readonly SmallFileResult[]
  readonly buffer: ArrayBuffer
}

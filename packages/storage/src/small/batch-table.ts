import type { Identity } from '../disk/identity.ts'
import type { SmallFileOp } from './job.ts'

/** Jobs of a batch: so that results of the first do not wait long for those of the last. */
export const BATCH_JOBS = 128
/** Bytes of file content that a batch carries. */
export const BATCH_BYTES = 1024 * 1024

/** 8-byte words of a job: op or verdict, start, end, size, mtime, ctime, inode, and four of a digest. */
const WORDS = 11
const DIGEST_AT = 7
const TABLE_BYTES = BATCH_JOBS * WORDS * 8

const OPS: readonly SmallFileOp[] = ['hash', 'read', 'write', 'stat']
const DONE = 1

/**
 * A view of a batch's buffer: a row of numbers for each job, then the content of files. Both threads use it, one at
 * a time.
 */
export class BatchTable {
  /** The content; rows say where that of a job lies. */
  readonly content: Uint8Array
  readonly #numbers: Float64Array
  readonly #exact: BigInt64Array
  readonly #bytes: Uint8Array

  constructor(buffer: ArrayBuffer) {
    this.content = new Uint8Array(buffer, TABLE_BYTES)
    this.#numbers = new Float64Array(buffer, 0, BATCH_JOBS * WORDS)
    this.#exact = new BigInt64Array(buffer, 0, BATCH_JOBS * WORDS)
    this.#bytes = new Uint8Array(buffer, 0, TABLE_BYTES)
  }

  static newBuffer(): ArrayBuffer {
    return new ArrayBuffer(TABLE_BYTES + BATCH_BYTES)
  }

  /** Lays down a job, with the part of the content that is its own. */
  putJob(row: number, op: SmallFileOp, start: number, end: number): void {
    const at = row * WORDS
    this.#numbers[at] = OPS.indexOf(op)
    this.#numbers[at + 1] = start
    this.#numbers[at + 2] = end
  }

  op(row: number): SmallFileOp | undefined {
    return OPS[this.#numbers[row * WORDS] ?? -1]
  }

  /** The job's part of the content. */
  contentOf(row: number): Uint8Array {
    const at = row * WORDS
    return this.content.subarray(this.#numbers[at + 1], this.#numbers[at + 2])
  }

  putIdentity(row: number, { size, mtime, ctime, inode }: Identity): void {
    const at = row * WORDS
    this.#numbers[at + 3] = size
    this.#exact[at + 4] = mtime
    this.#exact[at + 5] = ctime
    this.#exact[at + 6] = inode
  }

  identity(row: number): Identity {
    const at = row * WORDS
    return {
      size: this.#numbers[at + 3] as number,
      mtime: this.#exact[at + 4] as bigint,
      ctime: this.#exact[at + 5] as bigint,
      inode: this.#exact[at + 6] as bigint
    }
  }

  putDigest(row: number, digest: Uint8Array): void {
    this.#bytes.set(digest, (row * WORDS + DIGEST_AT) * 8)
  }

  /** A copy. */
  digest(row: number): Uint8Array {
    return this.#bytes.slice((row * WORDS + DIGEST_AT) * 8, (row + 1) * WORDS * 8)
  }

  /** Says how the job ended, in place of what it was. */
  putVerdict(row: number, done: boolean): void {
    this.#numbers[row * WORDS] = done ? DONE : DONE + 1
  }

  /** Whether all was as usual. */
  isDone(row: number): boolean {
    return this.#numbers[row * WORDS] === DONE
  }
}

import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { type CancelTimer, type Clock, millis } from '@p2pshare/base'
import type { Identity } from '../disk/identity.ts'
import { BATCH_BYTES, BATCH_JOBS, BatchTable } from './batch-table.ts'
import {
  type HashResult,
  SMALL_FILE,
  type SmallFileBatch,
  type SmallFileOp,
  type StatResult,
  type WriteResult
} from './job.ts'

/** One is worked on while the next is filled and the results of the last are taken. */
const BUFFERS = 2
/** A thread without work ends after this time. */
const IDLE = millis(10_000)
/** A thread needs little; the default would let it grow to gigabytes before it collects its garbage. */
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 }

interface Waiting {
  readonly op: SmallFileOp
  readonly path: string
  /** Bytes to write, or to be filled; the caller's. */
  readonly data?: Uint8Array
  readonly expected?: Identity
  /** Called with the job's row when all was as usual, otherwise with undefined. */
  done(table: BatchTable | undefined, row: number): void
}

/**
 * Small files on a thread of their own. A call of `node:fs/promises` costs the main thread about 20 µs, and a small
 * file needs five of them; here a batch of files costs one message, and the calls themselves a few µs each. Not on
 * the main thread, since a disk may let any call wait.
 *
 * Only the usual case is done there: whatever fails answers undefined, and is the caller's to do the usual way.
 */
export class SmallFiles {
  readonly #clock: Clock
  #queue: Waiting[] = []
  /** Batches that the thread has, in their order. */
  readonly #running: (readonly Waiting[])[] = []
  readonly #buffers: ArrayBuffer[] = []
  #made = 0
  #worker: Worker | undefined
  #idle: CancelTimer | undefined
  #broken = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Starts the thread, since much is to come soon: its start takes as long as some hundred files. */
  start(): void {
    if (!this.#broken && this.#running.length === 0) this.#restUntilWork()
  }

  /** Hashes a file in place; the open file must really lie below `realRoot`, which is a `realpath`. */
  hash(realRoot: string, parts: readonly string[]): Promise<HashResult> {
    return new Promise((resolve) => {
      this.#add({
        op: 'hash',
        path: join(realRoot, ...parts),
        done: (table, row) => resolve(table && { identity: table.identity(row), digests: table.digest(row) })
      })
    })
  }

  /**
   * Fills `target` with a whole file, if that still is what `expected` says, before and after.
   * @param target - at most `SMALL_FILE` bytes; the caller's again when the promise resolves, its contents undefined
   *   when the answer is false
   */
  read(path: string, target: Uint8Array, expected: Identity): Promise<boolean> {
    return new Promise((resolve) => {
      this.#add({
        op: 'read',
        path,
        data: target,
        expected,
        done: (table, row) => {
          if (table !== undefined) target.set(table.contentOf(row))
          resolve(table !== undefined)
        }
      })
    })
  }

  /**
   * Writes all of a file that holds nothing yet, not durably; it must really lie below `realRoot`, a `realpath`.
   * @param data - at most `SMALL_FILE` bytes; the caller's again when the promise resolves
   */
  write(realRoot: string, parts: readonly string[], data: Uint8Array): Promise<WriteResult> {
    return new Promise((resolve) => {
      this.#add({
        op: 'write',
        path: join(realRoot, ...parts),
        data,
        done: (table, row) => resolve(table?.identity(row).inode)
      })
    })
  }

  /** Looks at a path, without following a link at its end. */
  stat(path: string): Promise<StatResult> {
    return new Promise((resolve) => {
      this.#add({ op: 'stat', path, done: (table, row) => resolve(table?.identity(row)) })
    })
  }

  #add(job: Waiting): void {
    const fits = (job.data?.byteLength ?? 0) <= SMALL_FILE && !job.path.includes('\0')
    if (this.#broken || !fits) return job.done(undefined, 0)
    this.#queue.push(job)
    // What comes in the same tick leaves together.
    if (this.#queue.length === 1) setImmediate(() => this.#send())
  }

  #send(): void {
    while (this.#queue.length > 0) {
      const buffer = this.#takeBuffer()
      if (buffer === undefined) return
      const batch = fill(buffer, this.#queue)
      this.#running.push(this.#queue.splice(0, batch.count))
      this.#idle?.()
      this.#thread().postMessage(batch, [buffer])
    }
  }

  #takeBuffer(): ArrayBuffer | undefined {
    const free = this.#buffers.pop()
    if (free !== undefined || this.#made === BUFFERS) return free
    this.#made++
    return BatchTable.newBuffer()
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { resourceLimits: LIMITS })
    worker.unref()
    worker.on('message', (buffer: ArrayBuffer) => this.#take(buffer))
    worker.on('error', () => this.#breakDown())
    this.#worker = worker
    return worker
  }

  #take(buffer: ArrayBuffer): void {
    const table = new BatchTable(buffer)
    const done = this.#running.shift() ?? []
    for (const [row, job] of done.entries()) job.done(table.isDone(row) ? table : undefined, row)
    this.#buffers.push(buffer)
    this.#send()
    if (this.#running.length === 0) this.#restUntilWork()
  }

  #restUntilWork(): void {
    this.#thread()
    this.#idle?.()
    this.#idle = this.#clock.after(IDLE, () => this.#end())
  }

  #end(): void {
    const worker = this.#worker
    if (this.#running.length > 0) return
    this.#worker = undefined
    void worker?.terminate()
  }

  /** The thread failed: from now on everything goes the usual way. */
  #breakDown(): void {
    this.#broken = true
    for (const job of [...this.#running.splice(0).flat(), ...this.#queue.splice(0)]) job.done(undefined, 0)
  }
}

/** Puts as many jobs as fit into a batch, with the bytes they write. */
function fill(buffer: ArrayBuffer, queue: readonly Waiting[]): SmallFileBatch {
  const table = new BatchTable(buffer)
  const paths: string[] = []
  let start = 0
  for (const { op, path, data, expected } of queue) {
    const end = start + (data?.byteLength ?? 0)
    const row = paths.length
    if (row === BATCH_JOBS || end > BATCH_BYTES) break
    table.putJob(row, op, start, end)
    if (data !== undefined && op === 'write') table.content.set(data, start)
    if (expected !== undefined) table.putIdentity(row, expected)
    paths.push(path)
    start = end
  }
  return { count: paths.length, paths: paths.join('\0'), buffer }
}

import { Worker } from 'node:worker_threads'
import { type CancelTimer, type Clock, MiB, millis } from '@p2pshare/base'
import type {
  HashResult,
  SmallFileAnswer,
  SmallFileBatch,
  SmallFileJob,
  SmallFileResult,
  StatResult,
  WriteJob,
  WriteResult
} from './job.ts'

/** Bytes of a batch's buffer. */
const BATCH_BYTES = MiB
/** Jobs of a batch: so that results of the first do not wait long for those of the last. */
const BATCH_JOBS = 64
/** A thread without work ends after this time. */
const IDLE = millis(10_000)
/** A thread needs little; the default would let it grow to gigabytes before it collects its garbage. */
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 }

interface Waiting {
  readonly job: SmallFileJob
  /** Bytes to write, the caller's. */
  readonly data: Uint8Array | undefined
  resolve(result: SmallFileResult): void
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
  #running: readonly Waiting[] = []
  #buffer: ArrayBuffer | undefined = new ArrayBuffer(BATCH_BYTES)
  #worker: Worker | undefined
  #idle: CancelTimer | undefined
  #broken = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Hashes a file; see {@link HashResult}. */
  hash(realRoot: string, parts: readonly string[]): Promise<HashResult> {
    return this.#add<HashResult>({ kind: 'hash', realRoot, parts }, undefined)
  }

  /**
   * Writes all of a file that holds nothing yet, not durably.
   * @param data - at most `SMALL_FILE` bytes; the caller's again when the promise resolves
   */
  write(realRoot: string, parts: readonly string[], data: Uint8Array): Promise<WriteResult> {
    return this.#add<WriteResult>({ kind: 'write', realRoot, parts, start: 0, end: 0 }, data)
  }

  /** Looks at a path, without following a link at its end. */
  stat(path: string): Promise<StatResult> {
    return this.#add<StatResult>({ kind: 'stat', path }, undefined)
  }

  #add<T extends SmallFileResult>(job: SmallFileJob, data: Uint8Array | undefined): Promise<T> {
    if (this.#broken) return Promise.resolve(undefined as T)
    return new Promise((resolve) => {
      this.#queue.push({ job, data, resolve: resolve as Waiting['resolve'] })
      // What comes in the same tick leaves together.
      if (this.#queue.length === 1) setImmediate(() => this.#send())
    })
  }

  #send(): void {
    const buffer = this.#buffer
    if (buffer === undefined || this.#queue.length === 0) return
    const { batch, count } = fill(buffer, this.#queue)
    this.#running = this.#queue.slice(0, count)
    this.#queue = this.#queue.slice(count)
    this.#buffer = undefined
    this.#idle?.()
    this.#thread().postMessage(batch, [buffer])
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { resourceLimits: LIMITS })
    worker.unref()
    worker.on('message', (answer: SmallFileAnswer) => this.#take(answer))
    worker.on('error', () => this.#breakDown())
    this.#worker = worker
    return worker
  }

  #take({ results, buffer }: SmallFileAnswer): void {
    const done = this.#running
    this.#running = []
    this.#buffer = buffer
    this.#send()
    if (this.#running.length === 0) this.#idle = this.#clock.after(IDLE, () => this.#end())
    for (const [i, waiting] of done.entries()) waiting.resolve(results[i])
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
    for (const waiting of [...this.#running, ...this.#queue.splice(0)]) waiting.resolve(undefined)
    this.#running = []
  }
}

/** Puts as many jobs as fit into a batch, with the bytes they write. */
function fill(buffer: ArrayBuffer, queue: readonly Waiting[]): { batch: SmallFileBatch; count: number } {
  const bytes = new Uint8Array(buffer)
  const jobs: SmallFileJob[] = []
  let end = 0
  for (const { job, data } of queue) {
    const size = data?.byteLength ?? 0
    if (jobs.length === BATCH_JOBS || end + size > buffer.byteLength) break
    if (data !== undefined) bytes.set(data, end)
    jobs.push(data === undefined ? job : ({ ...job, start: end, end: end + size } as WriteJob))
    end += size
  }
  return { batch: { jobs, buffer }, count: jobs.length }
}

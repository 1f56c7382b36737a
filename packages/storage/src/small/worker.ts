/** The thread of {@link SmallFiles}: takes batches, runs their jobs one after the other, answers. */
import { parentPort } from 'node:worker_threads'
import { SMALL_FILE } from './job.ts'
import type { SmallFileAnswer, SmallFileBatch, SmallFileJob, SmallFileResult } from './job.ts'
import { hashSmall, statSmall, writeSmall } from './run-job.ts'

const scratch = new Uint8Array(SMALL_FILE)

parentPort?.on('message', ({ jobs, buffer }: SmallFileBatch) => {
  const results = jobs.map((job) => run(job, buffer))
  parentPort?.postMessage({ results, buffer } satisfies SmallFileAnswer, [buffer])
})

function run(job: SmallFileJob, buffer: ArrayBuffer): SmallFileResult {
  switch (job.kind) {
    case 'hash':
      return hashSmall(job, scratch)
    case 'write':
      return writeSmall(job, buffer)
    case 'stat':
      return statSmall(job)
  }
}

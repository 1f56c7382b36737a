/** The thread of {@link SmallFiles}: takes batches, runs their jobs one after the other, answers. */
import { parentPort } from 'node:worker_threads'
import { BatchTable } from './batch-table.ts'
import type { SmallFileBatch } from './job.ts'
import { runJob } from './run-job.ts'

parentPort?.on('message', ({ count, paths, buffer }: SmallFileBatch) => {
  const table = new BatchTable(buffer)
  const all = paths.split('\0')
  for (let row = 0; row < count; row++) runJob(table, row, all[row] ?? '')
  parentPort?.postMessage(buffer, [buffer])
})

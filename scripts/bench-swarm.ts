/**
 * Measures a swarm of daemons on loopback: one seeder whose upload is capped, several fetchers that
 * begin at once.
 *
 *   npm run bench:swarm                                      1 GiB, 4 fetchers, 50 MB/s, median of 3 runs
 *   npm run bench:swarm -- --fetchers 8 --leave --runs 1     the seeder stops after its first full copy
 *
 * Prints a table on stderr and one JSON object on stdout: seconds until the first and the last
 * fetcher was done, their ratio to the time of one copy at the cap, copies that the seeder sent,
 * and CPU seconds of all daemons for each GiB that was received (Linux only).
 */
import { parseArgs } from 'node:util'
import { parseRate } from '@p2pshare/base'
import { writeRandomFile } from '../test/harness/random-file.ts'
import { runSwarm, type SwarmPlan } from '../test/harness/swarm-run.ts'
import { TestBed } from '../test/harness/test-bed.ts'
import { assertNodeVersion } from './node-version.mjs'
import { benchRuns } from './tool/bench-runs.ts'
import { positiveOption } from './tool/figures.ts'
import { processUsage } from './tool/process-usage.ts'

const MiB = 1024 * 1024

/** Figures of one run. */
type Figures = Record<'firstSeconds' | 'lastSeconds' | 'lastToOneCopy' | 'seederCopies' | 'cpuPerGiB', number>

async function measure(plan: SwarmPlan, oneCopy: number): Promise<Figures> {
  await using bed = new TestBed()
  const { seconds, copies, running } = await runSwarm(bed, plan)
  const last = seconds.at(-1) ?? Number.NaN
  const cpu = running.reduce((sum, daemon) => sum + (processUsage(daemon.pid)?.cpuSeconds ?? Number.NaN), 0)
  return {
    firstSeconds: seconds[0] ?? Number.NaN,
    lastSeconds: last,
    lastToOneCopy: last / oneCopy,
    seederCopies: copies,
    cpuPerGiB: cpu / ((plan.fetchers * plan.size) / (1024 * MiB))
  }
}

assertNodeVersion()
const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '1024' },
    runs: { type: 'string', default: '3' },
    fetchers: { type: 'string', default: '4' },
    up: { type: 'string', default: '50MB/s' },
    leave: { type: 'boolean', default: false }
  }
})
const size = positiveOption(values.mib, 'mib') * MiB
const rate = parseRate(values.up)
if (typeof rate !== 'number') {
  process.stderr.write('--up takes a rate such as 50MB/s\n')
  process.exit(2)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

await using files = new TestBed()
const source = files.path('source.bin')
await writeRandomFile(source, size, 1)
const plan: SwarmPlan = {
  source,
  size,
  fetchers: positiveOption(values.fetchers, 'fetchers'),
  cap: values.up,
  seederLeaves: values.leave,
  limit: 600_000
}
await benchRuns('swarm', positiveOption(values.runs, 'runs'), () => measure(plan, size / rate))

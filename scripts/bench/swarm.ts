import { parseRate } from '@p2pshare/base'
import { writeRandomFile } from '../../test/harness/random-file.ts'
import { runSwarm, type SwarmPlan } from '../../test/harness/swarm-run.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'
import { processUsage, usageFigures } from '../tool/process-usage.ts'

const MiB = 1024 * 1024

/**
 * Seconds until the first and the last fetcher was done, their ratio to the time of one copy at the cap, copies that
 * the seeder sent, CPU seconds of all daemons for each GiB that was received, and what each daemon used (Linux only).
 * A seeder that left is not among them.
 */
export const benchmark: Benchmark = {
  summary:
    'a capped seeder and 4 fetchers that begin at once; with --leave it stops after its first full copy',
  async run(args) {
    const options = benchOptions(args, { mib: '1024', runs: '3', fetchers: '4', up: '50MB/s', leave: false })
    const size = positiveOption(options.mib, 'mib') * MiB
    const rate = parseRate(options.up)
    if (typeof rate !== 'number') {
      process.stderr.write('--up takes a rate such as 50MB/s\n')
      process.exit(2)
    }
    await using files = new TestBed()
    const source = files.path('source.bin')
    await writeRandomFile(source, size, 1)
    const plan: SwarmPlan = {
      source,
      size,
      fetchers: positiveOption(options.fetchers, 'fetchers'),
      cap: options.up,
      seederLeaves: options.leave,
      limit: 600_000
    }
    await benchRuns('swarm', positiveOption(options.runs, 'runs'), () => measure(plan, size / rate))
  }
}

async function measure(plan: SwarmPlan, oneCopy: number): Promise<Record<string, number>> {
  await using bed = new TestBed()
  const { seconds, copies, running } = await runSwarm(bed, plan)
  const last = seconds.at(-1) ?? Number.NaN
  const cpu = running.reduce((sum, daemon) => sum + (processUsage(daemon.pid)?.cpuSeconds ?? Number.NaN), 0)
  return {
    firstSeconds: seconds[0] ?? Number.NaN,
    lastSeconds: last,
    lastToOneCopy: last / oneCopy,
    seederCopies: copies,
    cpuPerGiB: cpu / ((plan.fetchers * plan.size) / (1024 * MiB)),
    ...Object.assign({}, ...running.map(({ options, pid }) => usageFigures(options.name, pid)))
  }
}

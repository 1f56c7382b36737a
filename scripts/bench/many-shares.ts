import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { createControlClient } from '@p2pshare/control/client'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns, milliseconds, quantile } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'
import { processUsage, usageFigures } from '../tool/process-usage.ts'

/** Shares named in one call. */
const BATCH = 1000
/** How long an idle daemon is watched, in ms. */
const IDLE = 10_000
const LISTS = 50

type Figures = Record<'readySeconds' | 'listP95Ms' | 'daemonCpu' | 'daemonPeakMiB' | 'idleCpuPercent', number>

/** What a daemon with many shares costs. */
export const benchmark: Benchmark = {
  summary: 'a daemon with 10,000 shares: start, list, memory, CPU while idle',
  async run(args) {
    const options = benchOptions(args, { shares: '10000', runs: '3' })
    const shares = positiveOption(options.shares, 'shares')
    await benchRuns('many-shares', positiveOption(options.runs, 'runs'), () => measure(shares))
  }
}

async function measure(shares: number): Promise<Figures> {
  await using bed = new TestBed()
  mkdirSync(bed.path('files'))
  const paths = Array.from({ length: shares }, (_, i) => bed.path('files', `file-${i}`))
  for (const path of paths) writeFileSync(path, `content of ${path}`)
  const daemon = await bed.daemon('one')
  const seeding = createControlClient({ socketPath: daemon.ready.socket })
  for (let i = 0; i < shares; i += BATCH) {
    const events = seeding.seed({ paths: paths.slice(i, i + BATCH) }, new AbortController().signal)
    for await (const event of events) if (event.event === 'failed') throw new Error(event.error.message)
  }
  await daemon.end('SIGTERM')

  const ready = await milliseconds(() => daemon.start())
  const client = createControlClient({ socketPath: daemon.ready.socket })
  const lists: number[] = []
  for (let i = 0; i < LISTS; i++) lists.push(await milliseconds(() => client.list({})))
  const before = processUsage(daemon.pid)?.cpuSeconds ?? Number.NaN
  await sleep(IDLE)
  const after = processUsage(daemon.pid)
  return {
    readySeconds: ready / 1000,
    listP95Ms: quantile(lists, 0.95),
    ...usageFigures('daemon', daemon.pid),
    idleCpuPercent: (((after?.cpuSeconds ?? Number.NaN) - before) * 100_000) / IDLE
  }
}

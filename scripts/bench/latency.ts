import { createControlClient } from '@p2pshare/control/client'
import { writeRandomFile } from '../../test/harness/random-file.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns, milliseconds, quantile } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'

type Figures = Record<'calls' | 'statusP50Ms' | 'statusP95Ms' | 'statusP99Ms', number>

/** How quickly a daemon answers while it fetches at full speed. */
export const benchmark: Benchmark = {
  summary: "ms of the API's status while the daemon fetches at full speed",
  async run(args) {
    const options = benchOptions(args, { mib: '1024', runs: '3' })
    const size = positiveOption(options.mib, 'mib') * 1024 ** 2
    await using files = new TestBed()
    const source = files.path('source.bin')
    await writeRandomFile(source, size, 1)
    await benchRuns('latency', positiveOption(options.runs, 'runs'), () => measure(source))
  }
}

async function measure(source: string): Promise<Figures> {
  await using bed = new TestBed()
  const seeder = await bed.daemon('seeder')
  const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
  const cid = String((await seeder.run(['seed', source])).json()['cid'])
  const client = createControlClient({ socketPath: fetcher.ready.socket })
  let running = true
  const fetching = fetcher
    .run(['fetch', cid, '-o', bed.path('fetched.bin'), '--timeout', '60s'], { limit: 300_000 })
    .finally(() => {
      running = false
    })
  const times: number[] = []
  while (running) times.push(await milliseconds(() => client.status()))
  const result = await fetching
  if (result.code !== 0) throw new Error(`fetch ended with ${result.code}: ${result.stderr}`)
  return {
    calls: times.length,
    statusP50Ms: quantile(times, 0.5),
    statusP95Ms: quantile(times, 0.95),
    statusP99Ms: quantile(times, 0.99)
  }
}

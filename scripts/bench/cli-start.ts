import { writeRandomFile } from '../../test/harness/random-file.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import type { DaemonProcess } from '../../test/harness/daemon-process.ts'
import { type Benchmark, benchOptions, benchRuns, milliseconds } from '../tool/bench-runs.ts'
import { median, positiveOption } from '../tool/figures.ts'

const MiB = 1024 * 1024
/** Commands are short: each figure of a run is itself the median of so many. */
const REPEATS = 7

type Figures = Record<'version' | 'status' | 'daemonReady' | 'fetchConnected' | 'fetchCold', number>

/** How long users wait for commands, in ms. */
export const benchmark: Benchmark = {
  summary: 'ms of --version, status, daemon start, and fetch of 1 MiB: connected, and from a cold start',
  async run(args) {
    const { runs } = benchOptions(args, { runs: '3' })
    await benchRuns('cli-start', positiveOption(runs, 'runs'), measure)
  }
}

async function measure(): Promise<Figures> {
  await using bed = new TestBed()
  const seeder = await bed.daemon('seeder')
  const fetcher = bed.prepare('fetcher', { bootstrap: [seeder] })
  const daemonReady = await milliseconds(() => fetcher.start())
  const version = await repeated(() => fetcher.run(['--version']))
  const status = await repeated(() => succeed(fetcher, ['status']))
  // The first fetch connects the two; only the second finds its peer there.
  await fetchNew(bed, { seeder, fetcher, number: 1 })
  const fetchConnected = await fetchNew(bed, { seeder, fetcher, number: 2 })
  // Its fetch starts the daemon, too.
  const cold = bed.prepare('cold', { bootstrap: [seeder] })
  bed.folder('homes', 'cold')
  const fetchCold = await fetchNew(bed, { seeder, fetcher: cold, number: 3 })
  return { version, status, daemonReady, fetchConnected, fetchCold }
}

async function repeated(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < REPEATS; i++) times.push(await milliseconds(work))
  return median(times)
}

/** Seeds a new file of 1 MiB and answers the time of its fetch, from the command's start to its end. */
async function fetchNew(
  bed: TestBed,
  { seeder, fetcher, number }: { seeder: DaemonProcess; fetcher: DaemonProcess; number: number }
): Promise<number> {
  const source = bed.path(`source-${number}.bin`)
  await writeRandomFile(source, MiB, number)
  const cid = String((await succeed(seeder, ['seed', source]))['cid'])
  const target = bed.path(`fetched-${number}.bin`)
  return milliseconds(() => succeed(fetcher, ['fetch', cid, '-o', target, '--timeout', '30s']))
}

async function succeed(daemon: DaemonProcess, args: string[]): Promise<Record<string, unknown>> {
  const result = await daemon.run(args)
  if (result.code !== 0) throw new Error(`${args.join(' ')} ended with ${result.code}: ${result.stderr}`)
  return result.json()
}

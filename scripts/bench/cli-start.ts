import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { resolveHome } from '@p2pshare/control'
import { createControlClient } from '@p2pshare/control/client'
import type { DaemonProcess } from '../../test/harness/daemon-process.ts'
import { writeRandomFile } from '../../test/harness/random-file.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns, milliseconds } from '../tool/bench-runs.ts'
import { median, positiveOption } from '../tool/figures.ts'
import { usageFigures } from '../tool/process-usage.ts'

const MiB = 1024 * 1024
/** Commands are short: each figure of a run is itself the median of so many. */
const REPEATS = 7
/** So are fetches, but each needs a file of its own. */
const FETCHES = 5
/** Small enough to be done soon, large enough to have an index and several pieces. */
const LARGER = 16 * MiB

/** How long users wait for commands, in ms. */
export const benchmark: Benchmark = {
  summary:
    'ms of --version, status, completion, daemon start; of fetch: first byte and 1 MiB, connected and from a cold start',
  async run(args) {
    const { runs } = benchOptions(args, { runs: '3' })
    await benchRuns('cli-start', positiveOption(runs, 'runs'), measure)
  }
}

async function measure(): Promise<Record<string, number>> {
  await using bed = new TestBed()
  const seeder = await bed.daemon('seeder')
  const fetcher = bed.prepare('fetcher', { bootstrap: [seeder] })
  const daemonReady = await milliseconds(() => fetcher.start())
  // What nothing written for Node can be quicker than.
  const node = await repeated(() => promisify(execFile)(process.execPath, ['-e', '0']))
  const version = await repeated(() => fetcher.run(['--version']))
  const status = await repeated(() => succeed(fetcher, ['status']))
  const completeWord = await repeated(() => fetcher.run(['__complete', '--', 'sta']))
  const fetches = new Fetches(bed, seeder)
  // The first fetch connects the two; only those after it find their peer there.
  await fetches.whole(fetcher, MiB)
  const firstByteByApi = await fetches.median(() => fetches.firstByte(fetcher, 'api'))
  const firstByte = await fetches.median(() => fetches.firstByte(fetcher, 'command'))
  const cid = ((await succeed(fetcher, ['list']))['shares'] as { cid: string }[])[0]?.cid ?? ''
  const completeHash = await repeated(() => fetcher.run(['__complete', '--', 'status', cid.slice(0, 6)]))
  const fetch1MiB = await fetches.median(() => fetches.whole(fetcher, MiB))
  // Their fetches start the daemon, too.
  const coldFirstByte = await fetches.firstByte(fetches.cold('cold-1'), 'command')
  const coldFetch1MiB = await fetches.whole(fetches.cold('cold-2'), MiB)
  return {
    ...{ node, version, status, completeWord, completeHash, daemonReady },
    ...{ firstByteByApi, firstByte, fetch1MiB, coldFirstByte, coldFetch1MiB },
    ...usageFigures('seeder', seeder.pid),
    ...usageFigures('fetcher', fetcher.pid)
  }
}

async function repeated(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < REPEATS; i++) times.push(await milliseconds(work))
  return median(times)
}

/** Fetches of files that nobody has but the seeder; each measure is in ms. */
class Fetches {
  readonly #bed: TestBed
  readonly #seeder: DaemonProcess
  #count = 0

  constructor(bed: TestBed, seeder: DaemonProcess) {
    this.#bed = bed
    this.#seeder = seeder
  }

  /** A home that knows the seeder and in which no daemon runs. */
  cold(name: string): DaemonProcess {
    this.#bed.folder('homes', name)
    return this.#bed.prepare(name, { bootstrap: [this.#seeder] })
  }

  async median(measure: () => Promise<number>): Promise<number> {
    const times: number[] = []
    for (let i = 0; i < FETCHES; i++) times.push(await measure())
    return median(times)
  }

  /** A whole fetch, from the start of the command to its end. */
  async whole(fetcher: DaemonProcess, size: number): Promise<number> {
    const { cid, target } = await this.#seeded(size)
    return milliseconds(() => succeed(fetcher, ['fetch', cid, '-o', target, '--timeout', '30s']))
  }

  /** From the start of the command, or of the call of the API, to the first byte of content at the fetcher. */
  async firstByte(fetcher: DaemonProcess, by: 'command' | 'api'): Promise<number> {
    const { cid, target } = await this.#seeded(LARGER)
    const { socketPath } = resolveHome({ home: fetcher.options.home, env: {} })
    const client = createControlClient({ socketPath })
    const began = performance.now()
    const whole =
      by === 'command'
        ? succeed(fetcher, ['fetch', cid, '-o', target, '--timeout', '30s'])
        : drain(client.fetch({ ref: cid, output: target, folder: this.#bed.root }))
    // Neither the daemon nor the share need be there yet.
    const received = (): Promise<number> =>
      client.shareStatus({ ref: cid }).then(
        ({ downloaded }) => downloaded,
        () => 0
      )
    while ((await received()) === 0) await sleep(1)
    const time = performance.now() - began
    await whole
    return time
  }

  async #seeded(size: number): Promise<{ cid: string; target: string }> {
    const number = ++this.#count
    const source = this.#bed.path(`source-${number}.bin`)
    await writeRandomFile(source, size, number)
    const cid = String((await succeed(this.#seeder, ['seed', source]))['cid'])
    return { cid, target: this.#bed.path(`fetched-${number}.bin`) }
  }
}

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

async function succeed(daemon: DaemonProcess, args: string[]): Promise<Record<string, unknown>> {
  const result = await daemon.run(args)
  if (result.code !== 0) throw new Error(`${args.join(' ')} ended with ${result.code}: ${result.stderr}`)
  return result.json()
}

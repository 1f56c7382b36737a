import { setTimeout as sleep } from 'node:timers/promises'
import { createControlClient } from '@p2pshare/control/client'
import type { DaemonProcess } from '../../test/harness/daemon-process.ts'
import { eventually } from '../../test/harness/eventually.ts'
import { writeRandomFile } from '../../test/harness/random-file.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns, milliseconds, quantile } from '../tool/bench-runs.ts'
import { median, positiveOption } from '../tool/figures.ts'
import type { Pair } from '../tool/pair-transfer.ts'
import { usageFigures } from '../tool/process-usage.ts'
import { touchMemory } from '../tool/touch-memory.ts'

type Side = keyof Pair
/** Each kind of question is asked for so long, in ms. */
const WATCH = 1500
/** Pauses between two calls of the API, and between two commands, in ms: without them they would be the load. */
const CALL_PAUSE = 20
const COMMAND_PAUSE = 200

/** How quickly both daemons answer while one fetches from the other at full speed. */
export const benchmark: Benchmark = {
  summary: 'while one daemon fetches from another: control round trip, event-loop delay, status, both ends',
  async run(args) {
    const options = benchOptions(args, { mib: '2048', runs: '3' })
    const size = positiveOption(options.mib, 'mib') * 1024 ** 2
    await using files = new TestBed()
    const source = files.path('source.bin')
    await writeRandomFile(source, size, 1)
    await benchRuns('latency-under-load', positiveOption(options.runs, 'runs'), () => measure(source, size))
  }
}

async function measure(source: string, size: number): Promise<Record<string, number>> {
  await using bed = new TestBed()
  const seeder = await bed.daemon('seeder')
  const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder] })
  const cid = String((await seeder.run(['seed', source])).json()['cid'])
  await touchMemory(bed.path('touched.bin'), 2 * size)
  const transfer = fetch(fetcher, cid, bed.path('fetched.bin'))
  const client = createControlClient({ socketPath: fetcher.ready.socket })
  const begun = async (): Promise<true | undefined> =>
    (await client.list()).shares.some(({ done }) => done > 0) ? true : undefined
  await eventually(begun, 'the first piece is there')
  const pair = { seeder, fetcher }
  // One kind after the other, both ends at once: three kinds at once would measure each other.
  const looks = await atBoth(pair, look)
  const calls = await atBoth(pair, calling)
  const commands = await atBoth(pair, commanding)
  if (!transfer.running) throw new Error('the transfer ended while it was watched: give it more --mib')
  const seconds = await transfer.done
  return {
    ...looks,
    ...calls,
    ...commands,
    fetchMBps: size / 1e6 / seconds,
    ...usageFigures('seeder', seeder.pid),
    ...usageFigures('fetcher', fetcher.pid)
  }
}

/** Begins a fetch; `done` gives its seconds. */
function fetch(
  fetcher: DaemonProcess,
  cid: string,
  target: string
): { readonly running: boolean; done: Promise<number> } {
  let running = true
  const limits = { limit: 300_000 }
  const time = milliseconds(async () => {
    const result = await fetcher.run(['fetch', cid, '-o', target, '--timeout', '60s'], limits)
    if (result.code !== 0) throw new Error(`fetch ended with ${result.code}: ${result.stderr}`)
  }).finally(() => (running = false))
  return {
    get running() {
      return running
    },
    done: time.then((ms) => ms / 1000)
  }
}

/** One kind of question to both daemons at once; its figures by side. */
async function atBoth<Name extends string>(
  { seeder, fetcher }: Pair,
  ask: (daemon: DaemonProcess) => Promise<Record<Name, number>>
): Promise<Record<`${Side}${Name}`, number>> {
  const [atSeeder, atFetcher] = await Promise.all([ask(seeder), ask(fetcher)])
  const named = (side: Side, figures: Record<Name, number>): [string, unknown][] =>
    Object.entries(figures).map(([name, value]) => [`${side}${name}`, value])
  const all = [...named('seeder', atSeeder), ...named('fetcher', atFetcher)]
  return Object.fromEntries(all) as Record<`${Side}${Name}`, number>
}

/** The daemon's look at itself and at its only peer. */
async function look(
  daemon: DaemonProcess
): Promise<Record<'Pings' | 'PingP50' | 'PingP95' | 'DelayP50' | 'DelayP99', number>> {
  const client = createControlClient({ socketPath: daemon.ready.socket })
  const { eventLoopDelay, roundTrips } = await client.measure({ duration: WATCH })
  const [trips] = roundTrips
  return {
    Pings: trips?.count ?? 0,
    PingP50: trips?.p50 ?? Number.NaN,
    PingP95: trips?.p95 ?? Number.NaN,
    DelayP50: eventLoopDelay.p50,
    DelayP99: eventLoopDelay.p99
  }
}

/** Its status, by the API. */
async function calling(daemon: DaemonProcess): Promise<Record<'Calls' | 'StatusP50' | 'StatusP95', number>> {
  const client = createControlClient({ socketPath: daemon.ready.socket })
  const times = await repeated(() => client.status(), CALL_PAUSE)
  return { Calls: times.length, StatusP50: median(times), StatusP95: quantile(times, 0.95) }
}

/** Its status, by the command. */
async function commanding(
  daemon: DaemonProcess
): Promise<Record<'Commands' | 'CommandP50' | 'CommandMost', number>> {
  const times = await repeated(() => daemon.run(['status']), COMMAND_PAUSE)
  return { Commands: times.length, CommandP50: median(times), CommandMost: Math.max(...times) }
}

/** Asks again and again for {@link WATCH}; answers the times in ms. */
async function repeated(ask: () => Promise<unknown>, pause: number): Promise<number[]> {
  const times: number[] = []
  const end = performance.now() + WATCH
  while (performance.now() < end) {
    times.push(await milliseconds(ask))
    await sleep(pause)
  }
  return times
}

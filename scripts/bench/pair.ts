import { open, rm } from 'node:fs/promises'
import { compareTrees } from '../../test/harness/compare-trees.ts'
import type { CommandResult } from '../../test/harness/command.ts'
import { writeRandomFile } from '../../test/harness/random-file.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns } from '../tool/bench-runs.ts'
import { libtorrentPair } from '../tool/libtorrent-pair.ts'
import { positiveOption } from '../tool/figures.ts'
import { type ProcessUsage, processUsage } from '../tool/process-usage.ts'

const MiB = 1024 * 1024

/** Figures of one run: megabytes (10^6) a second, seconds, mebibytes. */
type Figures = Record<
  | 'seedMBps'
  | 'fetchMBps'
  | 'seederCpu'
  | 'fetcherCpu'
  | 'seederSendCpu'
  | 'fetcherGetCpu'
  | 'seederPeakMiB'
  | 'fetcherPeakMiB'
  | 'libtorrentMBps'
  | 'toLibtorrent',
  number
>

/**
 * CPU seconds and peak memory are each daemon's own, from its start to the end of the fetch (Linux only); `SendCpu`
 * and `GetCpu` leave out the start and the seeding.
 */
export const benchmark: Benchmark = {
  summary: 'seed a random file of 1 GiB, fetch it from start to exit; beside libtorrent where that is there',
  async run(args) {
    const options = benchOptions(args, { mib: '1024', runs: '3', libtorrent: 'plain', encryption: 'noise' })
    const size = positiveOption(options.mib, 'mib') * MiB
    await using files = new TestBed()
    const source = files.path('source.bin')
    await writeRandomFile(source, size, 1)
    await benchRuns('pair', positiveOption(options.runs, 'runs'), () => measure(source, size, options))
  }
}

function succeeded(result: CommandResult, what: string): Record<string, unknown> {
  if (result.code !== 0) throw new Error(`${what} ended with code ${result.code}: ${result.stderr}`)
  return result.json()
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const began = performance.now()
  const value = await work()
  return { value, seconds: (performance.now() - began) / 1000 }
}

/**
 * Writes and deletes a file, so that the page cache has memory that was touched before: on virtual machines the
 * first touch costs the writer up to 3.5 s a GiB.
 */
async function touchMemory(path: string, size: number): Promise<void> {
  const file = await open(path, 'w')
  const chunk = new Uint8Array(MiB)
  for (let at = 0; at < size; at += MiB) await file.write(chunk)
  await file.close()
  await rm(path)
}

async function measure(
  source: string,
  size: number,
  { libtorrent, encryption }: { libtorrent: string; encryption: string }
): Promise<Figures> {
  await using bed = new TestBed()
  const env = { P2PSHARE_ENCRYPTION: encryption }
  const seeder = await bed.daemon('seeder', { env })
  const fetcher = await bed.daemon('fetcher', { bootstrap: [seeder], env })
  const limit = 600_000
  const seed = await timed(() => seeder.run(['seed', source], { limit }))
  const cid = String(succeeded(seed.value, 'seed')['cid'])
  const target = bed.path('fetched.bin')
  await touchMemory(bed.path('touched.bin'), 3 * size)
  const [seederBefore, fetcherBefore] = [processUsage(seeder.pid), processUsage(fetcher.pid)]
  const fetch = await timed(() => fetcher.run(['fetch', cid, '-o', target, '--timeout', '60s'], { limit }))
  const [seederUsage, fetcherUsage] = [processUsage(seeder.pid), processUsage(fetcher.pid)]
  succeeded(fetch.value, 'fetch')
  const differences = await compareTrees(source, target)
  if (differences.length > 0) throw new Error(`the fetched file is wrong: ${differences.join(', ')}`)
  const fetchMBps = size / 1e6 / fetch.seconds
  const libtorrentMBps = await libtorrentPair(source, libtorrent)
  return {
    seedMBps: size / 1e6 / seed.seconds,
    fetchMBps,
    seederCpu: seederUsage?.cpuSeconds ?? Number.NaN,
    fetcherCpu: fetcherUsage?.cpuSeconds ?? Number.NaN,
    seederSendCpu: spent(seederBefore, seederUsage),
    fetcherGetCpu: spent(fetcherBefore, fetcherUsage),
    seederPeakMiB: (seederUsage?.peakRss ?? Number.NaN) / MiB,
    fetcherPeakMiB: (fetcherUsage?.peakRss ?? Number.NaN) / MiB,
    libtorrentMBps,
    toLibtorrent: fetchMBps / libtorrentMBps
  }
}

/** CPU seconds between two looks at a process. */
function spent(before: ProcessUsage | undefined, after: ProcessUsage | undefined): number {
  return (after?.cpuSeconds ?? Number.NaN) - (before?.cpuSeconds ?? Number.NaN)
}

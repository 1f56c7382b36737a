import { writeRandomFile } from '../../test/harness/random-file.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns } from '../tool/bench-runs.ts'
import { libtorrentPair } from '../tool/libtorrent-pair.ts'
import { positiveOption } from '../tool/figures.ts'
import { type Pair, transfer } from '../tool/pair-transfer.ts'
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

async function measure(
  source: string,
  size: number,
  { libtorrent, encryption }: { libtorrent: string; encryption: string }
): Promise<Figures> {
  await using bed = new TestBed()
  const look = ({ seeder, fetcher }: Pair): Record<keyof Pair, ProcessUsage | undefined> => ({
    seeder: processUsage(seeder.pid),
    fetcher: processUsage(fetcher.pid)
  })
  const { seedSeconds, fetchSeconds, before, after } = await transfer(bed, { path: source, size }, look, {
    env: { P2PSHARE_ENCRYPTION: encryption }
  })
  const fetchMBps = size / 1e6 / fetchSeconds
  const { MBps: libtorrentMBps } = await libtorrentPair(source, libtorrent)
  return {
    seedMBps: size / 1e6 / seedSeconds,
    fetchMBps,
    seederCpu: after.seeder?.cpuSeconds ?? Number.NaN,
    fetcherCpu: after.fetcher?.cpuSeconds ?? Number.NaN,
    seederSendCpu: spent(before.seeder, after.seeder),
    fetcherGetCpu: spent(before.fetcher, after.fetcher),
    seederPeakMiB: (after.seeder?.peakRss ?? Number.NaN) / MiB,
    fetcherPeakMiB: (after.fetcher?.peakRss ?? Number.NaN) / MiB,
    libtorrentMBps,
    toLibtorrent: fetchMBps / libtorrentMBps
  }
}

/** CPU seconds between two looks at a process. */
function spent(before: ProcessUsage | undefined, after: ProcessUsage | undefined): number {
  return (after?.cpuSeconds ?? Number.NaN) - (before?.cpuSeconds ?? Number.NaN)
}

import { mkdirSync, writeFileSync } from 'node:fs'
import { compareTrees } from '../../test/harness/compare-trees.ts'
import type { DaemonProcess } from '../../test/harness/daemon-process.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns, milliseconds } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'
import { libtorrentPair } from '../tool/libtorrent-pair.ts'
import { processUsage } from '../tool/process-usage.ts'

const MiB = 1024 * 1024
/** Files in one folder of the tree. */
const FOLDER = 100

type Figures = Record<
  | 'seedSeconds'
  | 'againSeconds'
  | 'fetchSeconds'
  | 'seederCpu'
  | 'fetcherCpu'
  | 'seederPeakMiB'
  | 'fetcherPeakMiB',
  number
>

/** A folder of many small files: seeded, seeded again unchanged, and fetched. */
export const benchmark: Benchmark = {
  summary: 'a folder of 10,000 files of 4 KiB: seed, seed again, fetch',
  async run(args) {
    const options = benchOptions(args, { files: '10000', bytes: '4096', runs: '3' })
    const count = positiveOption(options.files, 'files')
    const size = positiveOption(options.bytes, 'bytes')
    // Nothing is deleted before the end: ext4 passes by each inode that was freed within the last minutes, at every
    // file that is made, and the fetch of a second run took twice as long as that of the first.
    await using bed = new TestBed()
    const source = bed.path('source')
    writeTree(source, count, size)
    let run = 0
    await benchRuns('small-files', positiveOption(options.runs, 'runs'), () => measure(bed, source, ++run))
    // Last, since its script deletes what it fetched.
    const { seconds } = await libtorrentPair(source, 'plain')
    if (!Number.isNaN(seconds)) process.stderr.write(`libtorrent fetched the same in ${seconds} s\n`)
  }
}

/** Every file has other content: nothing is deduplicated. */
function writeTree(root: string, count: number, size: number): void {
  const content = new Uint8Array(size)
  const view = new DataView(content.buffer)
  for (let i = 0; i < count; i++) {
    const folder = `${root}/folder-${Math.floor(i / FOLDER)}`
    if (i % FOLDER === 0) mkdirSync(folder, { recursive: true })
    view.setUint32(0, i)
    writeFileSync(`${folder}/file-${i}`, content)
  }
}

async function measure(bed: TestBed, source: string, run: number): Promise<Figures> {
  const seeder = await bed.daemon(`seeder-${run}`)
  const fetcher = await bed.daemon(`fetcher-${run}`, { bootstrap: [seeder] })
  let cid = ''
  const seedMs = await milliseconds(async () => {
    cid = await seed(seeder, source)
  })
  const againMs = await milliseconds(() => seed(seeder, source))
  const target = bed.path(`fetched-${run}`)
  const fetchMs = await milliseconds(async () => {
    const args = ['fetch', cid, '-o', target, '--timeout', '60s']
    const result = await fetcher.run(args, { limit: 600_000 })
    if (result.code !== 0) throw new Error(`fetch ended with ${result.code}: ${result.stderr}`)
  })
  const [seederUsage, fetcherUsage] = [processUsage(seeder.pid), processUsage(fetcher.pid)]
  await Promise.all([seeder.end('SIGTERM'), fetcher.end('SIGTERM')])
  const differences = await compareTrees(source, target)
  if (differences.length > 0) throw new Error(`the fetched folder is wrong: ${differences.join(', ')}`)
  return {
    seedSeconds: seedMs / 1000,
    againSeconds: againMs / 1000,
    fetchSeconds: fetchMs / 1000,
    seederCpu: seederUsage?.cpuSeconds ?? Number.NaN,
    fetcherCpu: fetcherUsage?.cpuSeconds ?? Number.NaN,
    seederPeakMiB: (seederUsage?.peakRss ?? Number.NaN) / MiB,
    fetcherPeakMiB: (fetcherUsage?.peakRss ?? Number.NaN) / MiB
  }
}

async function seed(daemon: DaemonProcess, path: string): Promise<string> {
  const result = await daemon.run(['seed', path], { limit: 600_000 })
  if (result.code !== 0) throw new Error(`seed ended with ${result.code}: ${result.stderr}`)
  return String(result.json()['cid'])
}

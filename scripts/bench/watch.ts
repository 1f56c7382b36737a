import { mkdirSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WatchedFolderView } from '@p2pshare/control'
import { type ControlClient, createControlClient } from '@p2pshare/control/client'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'
import { processUsage, usageFigures } from '../tool/process-usage.ts'

/** How long it is watched after all is shared, in ms. */
const CALM = 30_000
/** For all to be shared, in ms. */
const LIMIT = 300_000
/** Between two questions how it goes, in ms. */
const PAUSE = 200

type Figures = Record<
  'firstLookSeconds' | 'sharedSeconds' | 'calmCpuPercent' | 'daemonCpu' | 'daemonPeakMiB',
  number
>

/** What a watched folder of very many files costs. */
export const benchmark: Benchmark = {
  summary:
    'watching a folder of 100,000 files of 1 KiB in 10 folders: first look, all shared, memory, CPU after that',
  async run(args) {
    const options = benchOptions(args, { files: '100000', entries: '10', runs: '1' })
    const files = positiveOption(options.files, 'files')
    const entries = positiveOption(options.entries, 'entries')
    await benchRuns('watch', positiveOption(options.runs, 'runs'), () => measure(files, entries))
  }
}

async function measure(files: number, entries: number): Promise<Figures> {
  await using bed = new TestBed()
  for (let entry = 0; entry < entries; entry++) {
    mkdirSync(bed.path('watched', `${entry}`), { recursive: true })
    for (let file = entry; file < files; file += entries)
      writeFileSync(bed.path('watched', `${entry}`, `${file}`), `${file} `.padEnd(1024, 'x'))
  }
  const daemon = await bed.daemon('one')
  const client = createControlClient({ socketPath: daemon.ready.socket })
  const begun = performance.now()
  await client.watch({ path: bed.path('watched') })
  await folderWhen(client, ({ lastLook }) => lastLook !== null)
  const looked = performance.now()
  await folderWhen(client, ({ shared }) => shared === entries)
  const shared = performance.now()
  const before = processUsage(daemon.pid)?.cpuSeconds ?? Number.NaN
  await sleep(CALM)
  const after = processUsage(daemon.pid)?.cpuSeconds ?? Number.NaN
  return {
    firstLookSeconds: (looked - begun) / 1000,
    sharedSeconds: (shared - begun) / 1000,
    calmCpuPercent: ((after - before) * 100_000) / CALM,
    ...usageFigures('daemon', daemon.pid)
  }
}

async function folderWhen(
  client: ControlClient,
  wanted: (folder: WatchedFolderView) => boolean
): Promise<void> {
  for (const end = performance.now() + LIMIT; performance.now() < end; await sleep(PAUSE)) {
    const [folder] = (await client.watch()).folders
    if (folder !== undefined && wanted(folder)) return
  }
  throw new Error('the folder was not as expected in time')
}

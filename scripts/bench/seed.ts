import { writeRandomFile } from '../../test/harness/random-file.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns, milliseconds } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'
import { usageFigures } from '../tool/process-usage.ts'

const MiB = 1024 * 1024

type Figures = Record<'seconds' | 'secondsPerGiB' | 'againSeconds' | 'seederCpu' | 'seederPeakMiB', number>

/** A file that lies in the page cache is seeded, and seeded again unchanged. */
export const benchmark: Benchmark = {
  summary: 'seed a random file of 1 GiB from the page cache, and again unchanged',
  async run(args) {
    const options = benchOptions(args, { mib: '1024', runs: '3' })
    const size = positiveOption(options.mib, 'mib') * MiB
    await using files = new TestBed()
    const source = files.path('source.bin')
    await writeRandomFile(source, size, 1)
    await benchRuns('seed', positiveOption(options.runs, 'runs'), () => measure(source, size))
  }
}

async function measure(source: string, size: number): Promise<Figures> {
  await using bed = new TestBed()
  const daemon = await bed.daemon('seeder')
  const seed = (): Promise<number> =>
    milliseconds(async () => {
      const result = await daemon.run(['seed', source], { limit: 600_000 })
      if (result.code !== 0) throw new Error(`seed ended with ${result.code}: ${result.stderr}`)
    })
  const seconds = (await seed()) / 1000
  const againSeconds = (await seed()) / 1000
  return {
    seconds,
    secondsPerGiB: seconds / (size / (1024 * MiB)),
    againSeconds,
    ...usageFigures('seeder', daemon.pid)
  }
}

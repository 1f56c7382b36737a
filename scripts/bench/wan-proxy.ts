import { writeRandomFile } from '../../test/harness/random-file.ts'
import { SlowLine } from '../../test/harness/slow-line.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns, milliseconds } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'

type Figures = Record<'seconds' | 'MBps' | 'partOfLine', number>

/** A fetch over one long, narrow line that counts bytes of the stream, not of packets. */
export const benchmark: Benchmark = {
  summary: 'as wan, over a delaying TCP proxy: any machine, no real TCP on the way',
  async run(args) {
    const options = benchOptions(args, { mib: '128', mbits: '100', rtt: '100', runs: '3' })
    const size = positiveOption(options.mib, 'mib') * 1024 ** 2
    const rate = (positiveOption(options.mbits, 'mbits') * 1e6) / 8
    const delay = positiveOption(options.rtt, 'rtt') / 2
    await using files = new TestBed()
    const source = files.path('source.bin')
    await writeRandomFile(source, size, 1)
    await benchRuns('wan-proxy', positiveOption(options.runs, 'runs'), () =>
      measure(source, size, { rate, delay })
    )
  }
}

async function measure(
  source: string,
  size: number,
  path: { rate: number; delay: number }
): Promise<Figures> {
  await using bed = new TestBed()
  const seeder = await bed.daemon('seeder')
  const [address = ''] = seeder.multiaddrs
  const port = Number(/\/tcp\/(\d+)/.exec(address)?.[1])
  await using line = await SlowLine.open({ to: port, ...path })
  const far = address.replace(/\/tcp\/\d+/, `/tcp/${line.port}`)
  const fetcher = await bed.daemon('fetcher', { bootstrap: [far] })
  const cid = String((await seeder.run(['seed', source], { limit: 120_000 })).json()['cid'])
  const seconds =
    (await milliseconds(async () => {
      const args = ['fetch', cid, '-o', bed.path('fetched.bin'), '--timeout', '60s']
      const result = await fetcher.run(args, { limit: 300_000 })
      if (result.code !== 0) throw new Error(`fetch ended with ${result.code}: ${result.stderr}`)
    })) / 1000
  return { seconds, MBps: size / 1e6 / seconds, partOfLine: size / seconds / path.rate }
}

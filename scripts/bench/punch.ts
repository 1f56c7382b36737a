import { readFileSync, statSync } from 'node:fs'
import { natPair, seedReachable } from '../../test/harness/nat-network/nat-pair.ts'
import { NatNetwork } from '../../test/harness/nat-network/nat-network.ts'
import { TestBed } from '../../test/harness/test-bed.ts'
import { type Benchmark, benchOptions, benchRuns } from '../tool/bench-runs.ts'
import { positiveOption } from '../tool/figures.ts'

/** One piece, so that the file is there when its first piece is. */
const SIZE = 1024 ** 2

/** Ms from the relayed connection, and of the whole command. */
type Figures = Record<'direct' | 'link' | 'firstPiece' | 'command', number>

/** From a relayed connection to a direct one and its first piece, between two routers in namespaces. */
export const benchmark: Benchmark = {
  summary: 'ms from a relayed connection to the first piece on a direct one, between two NATs',
  async run(args) {
    const options = benchOptions(args, { runs: '5' })
    const missing = NatNetwork.missing()
    if (missing !== undefined) return void process.stderr.write(`punch: left out, ${missing}\n`)
    await benchRuns('punch', positiveOption(options.runs, 'runs'), measure)
  }
}

async function measure(): Promise<Figures> {
  await using bed = new TestBed()
  await using network = await natPair(bed, 'cone', undefined, { P2PSHARE_LOG: 'debug' })
  const { seeder, fetcher } = network
  const cid = await seedReachable(bed, seeder, SIZE)
  const began = Date.now()
  const got = bed.path('got')
  const result = await fetcher.run(['fetch', cid, '-o', got, '--timeout', '90s'])
  if (result.code !== 0) throw new Error(result.stderr)
  const lines = logLines(bed.path('homes', 'fetcher', 'daemon.log'))
  const at = (message: string): number =>
    lines.find(({ msg, peer }) => msg === message && peer === seeder.ready.peerId)?.time ?? Number.NaN
  const relayed = at('relayed connection')
  return {
    direct: at('direct connection instead of a relayed one') - relayed,
    link: at('swarm link') - relayed,
    firstPiece: statSync(got).ctimeMs - relayed,
    command: Date.now() - began
  }
}

function logLines(file: string): { time: number; msg: string; peer?: string }[] {
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as never)
}

/**
 * Draws the simulator's plots for docs/swarm.md from what `simulate --json` wrote.
 *
 *   npm run simulate -- --json .tmp/swarm.json ; npm run plot:swarm -- .tmp/swarm.json
 *
 * Writes docs/plots/{completion,share-ratio,availability}.svg.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assertNodeVersion } from './node-version.mjs'
import { type Curve, lineChart } from './plot/line-chart.ts'
import { repositoryRoot } from './root.mjs'
import type { Outcome, Scale } from '../test/sim/scenarios.ts'
import type { SwarmResult } from '../test/sim/swarm-result.ts'

assertNodeVersion()
const [source] = process.argv.slice(2)
if (source === undefined) {
  process.stderr.write('usage: plot-swarm.ts <file that simulate --json wrote>\n')
  process.exit(2)
}
const { scale, outcomes } = JSON.parse(readFileSync(source, 'utf8')) as {
  scale: Scale
  outcomes: Record<string, Outcome>
}
const results = Object.values(outcomes).flatMap((outcome) => outcome.results)
const folder = join(repositoryRoot, 'docs', 'plots')
mkdirSync(folder, { recursive: true })
const size = `${scale.peers} peers, ${scale.pieces} pieces of 1 MiB, seed ${scale.seed}`

function save(name: string, svg: string): void {
  writeFileSync(join(folder, `${name}.svg`), svg)
  process.stdout.write(`docs/plots/${name}.svg\n`)
}

/** Part of the peers that were done by a time, as a staircase. */
function staircase({ title, times, bound, unfinished }: SwarmResult): Curve {
  const all = times.length + unfinished
  const points = times.flatMap((time, i): [number, number][] => [
    [time / bound, i / all],
    [time / bound, (i + 1) / all]
  ])
  return { name: title, points: [[0, 0], ...points] }
}

/** Values in order, over the part of the peers that have at most as much. */
function quantiles({ title, shareRatios }: SwarmResult): Curve {
  return { name: title, points: shareRatios.map((ratio, i) => [(i + 0.5) / shareRatios.length, ratio]) }
}

function availability(result: SwarmResult, of: 'rarest' | 'mean', dashed: boolean): Curve {
  const nodes = result.fetchers + 1
  const name = `${result.title}: ${of === 'rarest' ? 'rarest piece' : 'mean'}`
  return { name, dashed, points: result.samples.map((sample) => [sample.at / 1000, sample[of] / nodes]) }
}

save(
  'completion',
  lineChart({
    title: `When peers complete (${size})`,
    x: 'time ÷ lower bound of the swarm',
    y: 'part of the honest peers that are done',
    yMost: 1,
    xMost: 2,
    curves: results.map(staircase),
    marks: [{ x: 1, name: 'bound' }]
  })
)
save(
  'share-ratio',
  lineChart({
    title: `Share ratio at the end (${size})`,
    x: 'part of the honest peers with at most this ratio',
    y: 'bytes sent ÷ bytes received',
    xMost: 1,
    curves: results.map(quantiles)
  })
)
const plain = ['homogeneous', 'homogeneous-plain'].flatMap((name) => outcomes[name]?.results ?? [])
save(
  'availability',
  lineChart({
    title: `Availability of pieces (${size})`,
    x: 'seconds',
    y: 'copies ÷ nodes',
    yMost: 1,
    curves: plain.flatMap((result) => [
      availability(result, 'mean', false),
      availability(result, 'rarest', true)
    ])
  })
)

/**
 * Draws the plots of docs/discovery.md from what `simulate:dht --json` wrote.
 *
 *   npm run simulate:dht -- --json .tmp/dht.json ; npm run plot:dht -- .tmp/dht.json
 *
 * Writes docs/plots/{dht-growth,dht-churn,dht-crowd}.svg.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assertNodeVersion } from './node-version.mjs'
import { type Curve, lineChart } from './plot/line-chart.ts'
import { repositoryRoot } from './root.mjs'
import type { CaseResult } from '../packages/network/test/support/dht-model/cases.ts'

assertNodeVersion()
const sources = process.argv.slice(2)
if (sources.length === 0) {
  process.stderr.write('usage: plot-dht.ts <files that simulate:dht --json wrote>\n')
  process.exit(2)
}
const results = sources.flatMap((source) => JSON.parse(readFileSync(source, 'utf8')) as CaseResult[])
const folder = join(repositoryRoot, 'docs', 'plots')
mkdirSync(folder, { recursive: true })

function save(name: string, svg: string): void {
  writeFileSync(join(folder, `${name}.svg`), svg)
  process.stdout.write(`docs/plots/${name}.svg\n`)
}

/** Cases whose name begins so, with the number that it ends with. */
function series(prefix: string): { x: number; result: CaseResult }[] {
  return results
    .filter(({ name }) => name.startsWith(prefix))
    .map((result) => ({ x: Number(result.name.slice(prefix.length)), result }))
    .sort((a, b) => a.x - b.x)
}

function curve(name: string, prefix: string, x: (x: number) => number, y: (of: CaseResult) => number): Curve {
  return { name, points: series(prefix).map((each) => [x(each.x), y(each.result)]) }
}

const found = ({ found, searches }: CaseResult): number => found / searches
const asIs = (x: number): number => x

save(
  'dht-growth',
  lineChart({
    title: 'A search in networks of 100 to 1,000,000 servers',
    x: 'servers, as a power of ten',
    y: 'requests; steps × 10',
    curves: [
      curve('requests of the whole search', 'size-', Math.log10, ({ requests }) => requests.median),
      curve('requests until found, p95', 'size-', Math.log10, ({ requestsToFind }) => requestsToFind.p95),
      curve('steps × 10, p95', 'size-', Math.log10, ({ hops }) => hops.p95 * 10)
    ]
  })
)
save(
  'dht-churn',
  lineChart({
    title: 'Servers replaced between announcing and searching (1,000 servers)',
    x: 'part that was replaced',
    y: 'part found; virtual seconds ÷ 10',
    xMost: 1,
    curves: [
      curve('part of the searches that found the provider', 'churn-', asIs, found),
      curve('seconds until found, p95, ÷ 10', 'churn-', asIs, ({ seconds }) => (seconds?.p95 ?? 0) / 10)
    ]
  })
)
save(
  'dht-crowd',
  lineChart({
    title: 'Hostile servers closer to the key than all others (1,000 servers)',
    x: 'hostile servers around the key',
    y: 'part of the searches that found the provider',
    yMost: 1.1,
    curves: [
      curve('announced to the 20 closest', 'crowd-20-', asIs, found),
      curve('announced to the 40 closest', 'crowd-40-', asIs, found),
      curve('announced to the region', 'crowd-region-', asIs, found)
    ]
  })
)

/**
 * Runs the swarm simulator's scenarios and prints what came out against the goals.
 *
 *   npm run simulate                                all scenarios with 100 peers
 *   npm run simulate -- --peers 1000 homogeneous    one of them, larger
 *
 * Options: --peers N (100), --pieces N of 1 MiB (200), --seed N (1), --json <file> for the plots.
 * Exits 1 when a goal is missed.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { assertNodeVersion } from './node-version.mjs'
import { type Check, isMet, type Outcome, SCENARIOS } from '../test/sim/scenarios.ts'
import { quantile, type SwarmResult } from '../test/sim/swarm-result.ts'

assertNodeVersion()
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: 'string', default: '100' },
    pieces: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    timeline: { type: 'boolean', default: false }
  }
})
const scale = { peers: Number(values.peers), pieces: Number(values.pieces), seed: Number(values.seed) }

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function printResult(result: SwarmResult): void {
  const { times, bound, shareRatios } = result
  const seconds = (time: number | undefined): string =>
    time === undefined ? '–' : `${time.toFixed(1)} s (${(time / bound).toFixed(3)})`
  print(`  ${result.title}: ${result.fetchers} peers, ${result.pieces} pieces, seed ${result.seed}`)
  print(
    `    bound ${bound.toFixed(1)} s; done first ${seconds(times[0])}, median ${seconds(quantile(times, 0.5))},`
  )
  print(
    `    last ${seconds(times.at(-1))}, unfinished ${result.unfinished}; longest wait ${result.longestWait.toFixed(1)} s`
  )
  print(
    `    seeder sent ${result.seederCopies.toFixed(2)} copies; wasted ${(result.wasted * 100).toFixed(2)} %`
  )
  const ratio = [0, 0.1, 0.5, 0.9, 1].map((part) => quantile(shareRatios, part).toFixed(2)).join(' ')
  print(`    share ratio min 10 % median 90 % max: ${ratio}`)
  print(
    `    bans of honest ${result.banned.honest}, of corrupt ${result.banned.corrupt}; most bad pieces ${result.badPieces}`
  )
  print(`    ${result.real.toFixed(1)} s of real time, trace ${result.trace}`)
  if (!values.timeline) return
  const step = Math.max(1, Math.round(result.samples.length / 25))
  for (const [i, { at, rarest, mean, utilisation, done }] of result.samples.entries()) {
    if (i % step !== 0) continue
    const cells = [
      `${at / 1000} s`,
      `rarest ${rarest}`,
      `mean ${mean.toFixed(1)}`,
      `up ${utilisation.toFixed(2)}`
    ]
    print(`    ${[...cells, `done ${done}`].map((cell) => cell.padEnd(12)).join(' ')}`)
  }
}

function printCheck(check: Check): void {
  const sign = check.kind === 'most' ? '≤' : '≥'
  print(
    `  ${isMet(check) ? 'ok    ' : 'MISSED'} ${check.what}: ${check.value.toFixed(3)} (${sign} ${check.limit})`
  )
}

const chosen = SCENARIOS.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
const unknown = positionals.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name))
if (unknown.length > 0) {
  process.stderr.write(
    `no such scenario: ${unknown.join(', ')}; there are ${SCENARIOS.map((s) => s.name).join(', ')}\n`
  )
  process.exit(2)
}
const outcomes: Record<string, Outcome> = {}
for (const scenario of chosen) {
  print(`${scenario.name}: ${scenario.text}`)
  const outcome = await scenario.run(scale)
  outcomes[scenario.name] = outcome
  for (const result of outcome.results) printResult(result)
  for (const check of outcome.checks) printCheck(check)
}
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ scale, outcomes }))
const missed = Object.values(outcomes).some(({ checks }) => !checks.every(isMet))
process.exitCode = missed ? 1 : 0

/**
 * Plays churn and attacks in simulated DHTs and prints what came out against the goals.
 *
 *   npm run simulate:dht                     all of it: about 2 minutes, 1.5 GB
 *   npm run simulate:dht -- model            only the model, up to a million servers
 *   npm run simulate:dht -- real --nodes 300 only real nodes, fewer
 *   npm run simulate:dht -- crowd-region     only cases whose name begins so
 *
 * Options: --nodes N real nodes (1000), --seed N (1), --json <file> for plot:dht. Exits 1 when a goal is missed.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { assertNodeVersion } from './node-version.mjs'
import {
  type Case,
  type CaseResult,
  isMet,
  modelCases,
  playCase,
  realCases
} from '../packages/network/test/support/dht-model/cases.ts'

assertNodeVersion()
// libp2p makes thousands of errors a second that nobody reads; their stacks are a fifth of the time.
Error.stackTraceLimit = 0
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    nodes: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' }
  }
})
const seed = Number(values.seed)
const wanted = ({ kind, name }: Case): boolean =>
  positionals.length === 0 || positionals.some((word) => word === kind || name.startsWith(word))

function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

function printResult(result: CaseResult): void {
  const { found, searches, hops, requests, requestsToFind, seconds, announce } = result
  print(`${isMet(result) ? 'ok    ' : 'MISSED'} ${result.title}: seeds ${result.seeds.join(' ')}`)
  print(
    `       found ${found} of ${searches} (${((found / searches) * 100).toFixed(1)} %${result.goal === undefined ? '' : `, goal ${result.goal * 100} %`})` +
      `; hops median ${hops.median}, p95 ${hops.p95}, most ${hops.most}`
  )
  print(
    `       requests to find: median ${requestsToFind.median}, p95 ${requestsToFind.p95}; of the whole search ${requests.median}, ${requests.p95}` +
      (seconds === undefined
        ? ''
        : `; found after ${seconds.median.toFixed(1)} s, p95 ${seconds.p95.toFixed(1)} s`)
  )
  print(
    `       announced with ${announce.requests} requests on ${announce.records} servers; table ${result.table}; ${result.real.toFixed(1)} s of real time`
  )
  if (result.failingSeeds.length > 0) print(`       not found with seeds ${result.failingSeeds.join(' ')}`)
}

const cases = [...modelCases(seed), ...realCases(seed, Number(values.nodes))].filter(wanted)
if (cases.length === 0) {
  process.stderr.write(`no such case: ${positionals.join(', ')}\n`)
  process.exit(2)
}
const results: CaseResult[] = []
for (const each of cases) {
  const result = await playCase(each)
  results.push(result)
  printResult(result)
}
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results))
process.exit(results.every(isMet) ? 0 : 1)

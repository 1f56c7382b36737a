/**
 * Plays random sessions against the swarm and feeds random bytes to the wire decoder, far longer
 * than the tests do. A failing case is shrunk and kept in a committed list that the tests replay.
 *
 *   npm run fuzz:swarm -- --runs 100000 --seed 7
 *
 * Options: --runs N (10000) of each, --seed S (random, printed), --moves N (300) a session.
 * Exits 1 when something failed.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import fc from 'fast-check'
import { assertNodeVersion } from './node-version.mjs'
import { repositoryRoot } from './root.mjs'
import { swarmProperty } from '../packages/engine/test/swarm/model/property.ts'
import { decoderProperty } from '../packages/wire/test/decoder-property.ts'

assertNodeVersion()
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    moves: { type: 'string', default: '300' }
  }
})
const [runs, seed, moves] = [values.runs, values.seed, values.moves].map((text) => {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  process.stderr.write(`fuzz-swarm: ${text} is no whole number\n`)
  process.exit(2)
}) as [number, number, number]

/** Adds a case to the list that the tests replay. */
function keep(list: string, found: object): void {
  const file = join(repositoryRoot, list)
  const kept: unknown[] = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, `${JSON.stringify([...kept, { foundWith: seed, ...found }], null, 2)}\n`)
  process.stdout.write(`  kept in ${list}\n`)
}

/** Runs a property; answers whether it held. */
function fuzz(
  name: string,
  list: string,
  make: (failed: (found: object) => void) => fc.IRawProperty<unknown>
): boolean {
  const start = performance.now()
  let smallest: object | undefined
  const result = fc.check(
    make((found) => {
      smallest = found
    }) as fc.IProperty<unknown>,
    { numRuns: runs, seed }
  )
  const time = ((performance.now() - start) / 1000).toFixed(1)
  process.stdout.write(
    `${name}: ${result.numRuns} runs, seed ${seed}, ${time} s, ${result.failed ? 'FAILED' : 'ok'}\n`
  )
  if (!result.failed) return true
  process.stdout.write(`  ${String(result.errorInstance)}\n  path ${result.counterexamplePath}\n`)
  if (smallest !== undefined) keep(list, smallest)
  return false
}

const held = [
  fuzz('swarm', 'packages/engine/test/swarm/regression-seeds.json', (failed) => swarmProperty(moves, failed)),
  fuzz('decoder', 'packages/wire/test/regression-seeds.json', (failed) => decoderProperty(failed))
]
process.exitCode = held.every(Boolean) ? 0 : 1

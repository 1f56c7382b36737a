/**
 * Runs every check of the repository, or those named, and says at the end what passed.
 *
 *   npm test                    everything
 *   npm run lint                node scripts/run.mjs check.ts lint
 *
 * Goes on after a failure, so that one run shows them all; exits 1 if there was any.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { assertNodeVersion } from './node-version.mjs'
import { repositoryRoot } from './root.mjs'
import type { Check, CheckResult } from './tool/check-result.ts'
import { CHECKS } from './tool/checks.ts'

/** One line of the closing table. */
interface Row extends CheckResult {
  name: string
  seconds: number
}

async function runCheck(check: Check): Promise<Row> {
  process.stderr.write(`\n▸ ${check.name}\n`)
  const started = performance.now()
  const result = await check.run()
  if (result.failed > 0) process.stderr.write(`${result.output.trimEnd()}\n`)
  return { ...result, name: check.name, seconds: (performance.now() - started) / 1000 }
}

function chosen(names: readonly string[]): readonly Check[] {
  const unknown = names.filter((name) => !CHECKS.some((check) => check.name === name))
  if (unknown.length > 0) {
    process.stderr.write(
      `no such check: ${unknown.join(', ')}; there are ${CHECKS.map((c) => c.name).join(', ')}\n`
    )
    process.exit(2)
  }
  return names.length === 0 ? CHECKS : CHECKS.filter((check) => names.includes(check.name))
}

function printTable(rows: readonly Row[]): void {
  const lines = rows.map(({ name, seconds, passed, failed }) => {
    const verdict = failed > 0 ? `FAILED (${failed} of ${passed + failed})` : `ok (${passed})`
    return `${name.padEnd(14)}${seconds.toFixed(1).padStart(7)} s  ${verdict}`
  })
  process.stdout.write(`\n${lines.join('\n')}\n`)
}

assertNodeVersion()
mkdirSync(join(repositoryRoot, '.tmp'), { recursive: true })
const rows: Row[] = []
for (const check of chosen(process.argv.slice(2))) rows.push(await runCheck(check))
printTable(rows)
const sum = (pick: (row: Row) => number): number => rows.reduce((total, row) => total + pick(row), 0)
const failed = sum((row) => row.failed)
process.stdout.write(`\n${sum((row) => row.passed)} passed, ${failed} failed\n`)
process.exitCode = failed > 0 ? 1 : 0

import { join } from 'node:path'
import type { Check, CheckResult } from './check-result.ts'
import { runTool } from './run-tool.ts'
import { runVitest } from './vitest-run.ts'

/** Packages whose own tsconfig has neither Node's nor the DOM's types; the others are covered by the root's. */
const PURE = ['base', 'content', 'wire', 'engine']

async function tool(name: string, args: readonly string[]): Promise<CheckResult> {
  const { code, output } = await runTool(name, args)
  return code === 0 ? { passed: 1, failed: 0, output } : { passed: 0, failed: 1, output }
}

/** Every source, test and script with Node's types, then each pure package without them. */
async function types(): Promise<CheckResult> {
  const projects = ['tsconfig.json', ...PURE.map((name) => join('packages', name, 'tsconfig.json'))]
  const sum: CheckResult = { passed: 0, failed: 0, output: '' }
  for (const project of projects) {
    const { passed, failed, output } = await tool('tsc', ['-p', project, '--pretty', 'false'])
    sum.passed += passed
    sum.failed += failed
    if (failed > 0) sum.output += `${project}\n${output}`
  }
  return sum
}

/** All parts of `npm test`, the quick ones first. */
export const CHECKS: readonly Check[] = [
  { name: 'format', run: () => tool('biome', ['format', '.', '--colors=off']) },
  { name: 'lint', run: () => tool('oxlint', ['--deny-warnings']) },
  { name: 'types', run: types },
  { name: 'dead-code', run: () => tool('knip', ['--no-progress']) },
  { name: 'architecture', run: () => runVitest('architecture') },
  { name: 'unit', run: () => runVitest('unit') },
  { name: 'sim', run: () => runVitest('sim') },
  { name: 'e2e', run: () => runVitest('e2e') }
]

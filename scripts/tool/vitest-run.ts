import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { repositoryRoot } from '../root.mjs'
import type { CheckResult } from './check-result.ts'
import { runTool } from './run-tool.ts'

/** The part of vitest's JSON report that is read here. */
interface JsonReport {
  numPassedTests: number
  numFailedTests: number
  numFailedTestSuites: number
  success: boolean
}

/**
 * Runs one vitest project, its output on stderr as it goes, and counts its tests.
 * A file that fails before its first test counts as one failure.
 */
export async function runVitest(project: string): Promise<CheckResult> {
  const folder = join(repositoryRoot, '.tmp', 'check')
  const report = join(folder, `${project}.json`)
  mkdirSync(folder, { recursive: true })
  rmSync(report, { force: true })
  const { code } = await runTool(
    'vitest',
    ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    { live: true }
  )
  const { passed, failed } = readCounts(report)
  return { passed, failed: code === 0 ? failed : Math.max(1, failed), output: '' }
}

function readCounts(report: string): { passed: number; failed: number } {
  try {
    const json = JSON.parse(readFileSync(report, 'utf8')) as JsonReport
    const failed = json.numFailedTests === 0 && !json.success ? json.numFailedTestSuites : json.numFailedTests
    return { passed: json.numPassedTests, failed }
  } catch {
    // No report: vitest itself did not start, which its exit code says already.
    return { passed: 0, failed: 0 }
  }
}

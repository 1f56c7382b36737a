import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { repositoryRoot } from '../../scripts/root.mjs'

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const script = join(repositoryRoot, 'scripts', 'run.mjs')
  return spawnSync(process.execPath, [script, ...args], { cwd: '/', encoding: 'utf8' })
}

describe('scripts/run.mjs', () => {
  test('runs a tool on the pinned Node, from any folder, with its arguments', () => {
    const { status, stdout } = run('--bin', 'vitest', '--version')
    expect(status).toBe(0)
    expect(stdout).toContain(`node-v${process.versions.node}`)
  })

  test('ends with the exit code of what it ran', () => {
    expect(run('check.ts', 'no-such-check')).toMatchObject({ status: 2 })
    expect(run('--bin', 'oxlint', '--no-such-option').status).not.toBe(0)
  })

  test.each([[], ['no-such-script.ts'], ['--bin', 'no-such-tool'], ['--bin']])(
    'says what is wrong with %s',
    (...args) => {
      const { status, stderr } = run(...args)
      expect(status).toBe(2)
      expect(stderr).toMatch(/usage|no such/)
    }
  )
})

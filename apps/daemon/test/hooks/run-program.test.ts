import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { HOOK_LIMITS, type HookLimits } from '../../src/hooks/limits.ts'
import { type ProgramEnd, runProgram } from '../../src/hooks/run-program.ts'

/** Runs a script of Node as a hook does. */
async function runScript(
  script: string,
  args: string[] = [],
  limits: Partial<HookLimits> = {},
  stop: AbortSignal = new AbortController().signal
): Promise<ProgramEnd & { folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'hook.mjs'), script)
  const end = await runProgram(
    {
      program: process.execPath,
      args: [join(folder, 'hook.mjs'), ...args],
      variables: { P2PSHARE_HOOK_NAME: 'n' }
    },
    { cwd: folder, env: { MINE: 'm' } },
    { ...HOOK_LIMITS, ...limits },
    stop
  )
  return { ...end, folder }
}

test('arguments arrive as they are, variables, too; there is no input', async () => {
  const { code, output } = await runScript(
    `import { readFileSync } from 'node:fs'
     console.log(JSON.stringify([process.argv.slice(2), process.env.P2PSHARE_HOOK_NAME, process.env.MINE,
       readFileSync(0, 'utf8'), process.cwd() === import.meta.dirname]))`,
    ['$(id)', '; x', 'a\nb']
  )
  expect([code, JSON.parse(output)]).toEqual([0, [['$(id)', '; x', 'a\nb'], 'n', 'm', '', true]])
})

test('what is printed is cut and escaped, and never fills a pipe', async () => {
  const end = await runScript(
    `process.stdout.write('\\x1b[2J'); process.stdout.write('x'.repeat(5e6)); process.exitCode = 3`
  )
  expect(end.code).toBe(3)
  expect(end.output).toMatch(/^\\u\{1B\}\[2Jx+…/)
  expect(end.output.length).toBeLessThan(HOOK_LIMITS.output + 10)
})

test('what takes too long is ended with all that it started', { timeout: 20_000 }, async () => {
  const script = `
    import { spawn } from 'node:child_process'
    import { writeFileSync } from 'node:fs'
    process.on('SIGTERM', () => {})
    const child = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'])
    writeFileSync('child', String(child.pid))
    setInterval(() => {}, 1000)`
  const end = await runScript(script, [], { time: 1500, grace: 100 })
  expect(end).toMatchObject({ code: null, signal: 'SIGKILL', tookTooLong: true })
  const child = Number(readFileSync(join(end.folder, 'child'), 'utf8'))
  await expect.poll(() => isThere(child)).toBe(false)
})

test('the end of the daemon ends it', async () => {
  const stop = new AbortController()
  stop.abort()
  const end = await runScript('setInterval(() => {}, 1000)', [], {}, stop.signal)
  expect(end).toMatchObject({ code: null, signal: 'SIGTERM' })
  expect(end.tookTooLong).toBeUndefined()
})

test('what keeps the pipes after its end holds up nobody', async () => {
  const end = await runScript(`
    import { spawn } from 'node:child_process'
    const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 30000)'], { stdio: 'inherit' })
    console.log(child.pid)
    child.unref()
    setTimeout(() => process.exit(0), 50)`)
  process.kill(Number(end.output))
  expect(end.code).toBe(0)
})

test.each(['/no/such/program', import.meta.filename])(
  '%s cannot be started, and that is told',
  async (program) => {
    const end = await runProgram(
      { program, args: [], variables: {} },
      { cwd: tmpdir(), env: {} },
      HOOK_LIMITS,
      new AbortController().signal
    )
    expect(end).toMatchObject({
      code: null,
      failure: expect.stringMatching(/cannot be started \(E(NOENT|ACCES)\)/)
    })
  }
)

/** Whether a process runs; one that ended and whose parent does not ask for its end counts as gone. */
function isThere(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

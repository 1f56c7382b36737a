import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Outcome, type RunOptions, testHome } from './run-cli.ts'

/** A home whose daemon (the stand-in) is stopped at the end, whatever happened. */
async function startableHome(): Promise<(line: string[], options?: RunOptions) => Promise<Outcome>> {
  const { run } = await testHome()
  onTestFinished(async () => {
    await run(['daemon', 'stop'])
  })

  return run
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('daemon start, status, stop', async () => {
  const run = await startableHome()
  const started = await run(
    ['daemon', 'start', '--json', '--downloads', 'here', '--listen', '/a', '--listen', '/b', '--mdns=false'],
    {
      cwd: '/somewhere'
    }
  )
  expect(started).toMatchObject({ code: 0, stderr: '' })
  // The stand-in shows its arguments as the network.
  const line = String(started.json['network'])
  expect(line).toMatch(/^daemon run --home \//)
  expect(line).toContain('--listen=/a --listen=/b')
  expect(line).toContain('--downloads=/somewhere/here')
  expect(line).toContain('--mdns=false')
  const pid = Number(started.json['pid'])
  expect(isAlive(pid)).toBe(true)
  expect((await run(['daemon', 'start'])).stderr).toContain('runs already')
  expect((await run(['daemon', 'stop', '--json'])).json).toEqual({ running: false, pid })
  await expect.poll(() => isAlive(pid)).toBe(false)
  expect((await run(['status'])).code).toBe(3)
})

test('seed starts the daemon; two at once share one', async () => {
  const run = await startableHome()
  const both = await Promise.all([run(['seed', 'a', '--json']), run(['seed', 'b', '--json'])])
  for (const { code, stderr, json } of both) {
    expect([code, stderr]).toEqual([0, 'starting the daemon …\n'])
    expect(json['cid']).toBe('c')
  }
})

test('a daemon that cannot start: its own words, exit code 3, its output kept for the owner alone', async () => {
  const { home, run } = await testHome()
  const { code, stderr } = await run(['seed', 'a'], { env: { FAKE_DAEMON_FAILS: '1' } })
  expect(code).toBe(3)
  expect(stderr).toContain('p2pshare: the daemon cannot start: key "mdns" is not valid')
  expect(await readFile(join(home, 'daemon.out'), 'utf8')).toContain('mdns')
  expect((await stat(join(home, 'daemon.out'))).mode & 0o777).toBe(0o600)
})

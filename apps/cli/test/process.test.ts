import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test, vi } from 'vitest'

const BIN = fileURLToPath(new URL('../bin/p2pshare.js', import.meta.url))
const home = mkdtempSync(join(tmpdir(), 'p2ps-'))
afterAll(() => rmSync(home, { recursive: true }))

/** A Node of line 20 outside the repository, if the machine has one. */
const OLD_NODE = ['/usr/local/bin/node', '/usr/bin/node'].find(
  (path) => existsSync(path) && execFileSync(path, ['--version'], { encoding: 'utf8' }).startsWith('v20.')
)

const cli = (node: string, ...line: string[]) =>
  spawnSync(node, [BIN, ...line], { encoding: 'utf8', env: { P2PSHARE_HOME: home } })

describe('the command as a process', () => {
  test.skipIf(OLD_NODE === undefined)('an old Node gets one line and 69 (skipped: no Node 20 here)', () => {
    const { status, stdout, stderr } = cli(OLD_NODE ?? '', '--version')
    expect([status, stdout]).toEqual([69, ''])
    expect(stderr).toMatch(/^p2pshare: needs Node 26 [^\n]*20\.[^\n]*\n$/)
  })

  test('runs, and says its exit code', () => {
    expect(cli(process.execPath, '--version')).toMatchObject({ status: 0, stdout: '0.1.0\n', stderr: '' })
    expect(cli(process.execPath, '--version', '--json')).toMatchObject({ status: 0, stdout: '0.1.0\n' })
    expect(cli(process.execPath, 'fetch', 'nonsense')).toMatchObject({ status: 2, stdout: '' })
  })

  test('loads neither libp2p, hono, zod, yargs nor the daemon for a short command', () => {
    const trace = spawnSync(process.execPath, [BIN, 'list'], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      env: { P2PSHARE_HOME: home, NODE_DEBUG: 'esm' }
    })
    expect(trace.status).toBe(3)
    expect(trace.stderr).toContain('commands/list.ts')
    expect(trace.stderr).not.toMatch(
      /node_modules\/(@libp2p|libp2p|hono|@hono|zod|pino|yargs)\/|apps\/daemon\/|cli\/src\/commands\/seed/
    )
  })

  test.skipIf(process.platform !== 'linux')(
    'a key on the command line is not to be seen by other users',
    async () => {
      // It waits for the list of paths, before anything else.
      const child = spawn(process.execPath, [BIN, 'seed', '--files-from', '-', 'p2pshare:x#key=SECRET'], {
        stdio: ['pipe', 'ignore', 'ignore'],
        env: { P2PSHARE_HOME: home }
      })
      const ended = new Promise((resolve) => child.once('exit', resolve))
      try {
        const words = (): string => readFileSync(`/proc/${child.pid}/cmdline`, 'utf8')
        await vi.waitFor(() => expect(words()).toMatch(/^p2pshare\0+$/), { timeout: 30_000 })
      } finally {
        child.kill('SIGKILL')
        await ended
      }
    }
  )

  test.skipIf(process.platform === 'win32')('a reader that leaves early is no error', () => {
    const { stdout, stderr } = spawnSync('sh', ['-c', `"${process.execPath}" "${BIN}" --help | true`], {
      encoding: 'utf8',
      env: { P2PSHARE_HOME: home, PATH: process.env['PATH'] ?? '' }
    })
    expect([stdout, stderr]).toEqual(['', ''])
  })
})

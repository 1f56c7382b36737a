import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { unseenVariables } from '../../src/service/unseen-variables.ts'
import { testHome } from '../run-cli.ts'

/** A service manager that writes down what it is told, and does as told about its exit code. */
async function withManager(exitCode: number) {
  const { home, run } = await testHome()
  const bin = join(home, 'bin')
  const told = join(home, 'told')
  mkdirSync(bin)
  writeFileSync(
    join(bin, 'systemctl'),
    `#!/bin/sh\necho "$@" >> "${told}"\necho no bus >&2\nexit ${exitCode}\n`,
    { mode: 0o755 }
  )
  const path = process.env['PATH']
  process.env['PATH'] = `${bin}:/usr/bin:/bin`
  const env = { HOME: home }
  return {
    home,
    command: (...line: string[]) => run(['service', ...line, '--home', home], { env }),
    runWith: (line: string[], more: Record<string, string>) => run(line, { env: { ...env, ...more } }),
    told: () => (existsSync(told) ? readFileSync(told, 'utf8').trim().split('\n') : []),
    done: () => void (process.env['PATH'] = path)
  }
}

test.runIf(process.platform === 'linux')('is installed, told of and taken away', async () => {
  const manager = await withManager(0)
  try {
    expect((await manager.command('status')).code).toBe(3)
    const made = (await manager.command('install', '--json')).json as { files: string[]; kind: string }
    expect(made.kind).toBe('systemd')
    expect(made.files.every((file) => file.startsWith(manager.home) && existsSync(file))).toBe(true)
    expect(readFileSync(made.files[0] ?? '', 'utf8')).toContain(`"daemon" "run" "--home" "${manager.home}"`)
    expect((await manager.command('status', '--json')).json).toMatchObject({ installed: true, running: true })
    expect((await manager.command('uninstall', '--json')).json).toEqual({ installed: false, was: true })
    expect(made.files.some((file) => existsSync(file))).toBe(false)
    expect(manager.told()[1]).toMatch(/^--user enable --now p2pshare-[0-9a-f]{8}\.service$/)
    expect((await manager.command('uninstall')).stdout).toBe('no service was installed\n')
  } finally {
    manager.done()
  }
})

test.runIf(process.platform === 'linux')(
  'of choices in the environment it is said that the service does not see them; another network is refused',
  async () => {
    const manager = await withManager(0)
    const { home } = manager
    try {
      const env = { P2PSHARE_HOME: home, P2PSHARE_UP: '1MB/s', P2PSHARE_NETWORK: 'local' }
      const refused = await manager.runWith(['service', 'install'], env)
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('config set network local')])
      expect(manager.told()).toEqual([])
      writeFileSync(join(home, 'config.json'), '{"network":"local"}')
      const made = await manager.runWith(['service', 'install', '--json'], env)
      expect(made.json).toMatchObject({ installed: true, unseen: ['P2PSHARE_NETWORK', 'P2PSHARE_UP'] })
      expect(made.stderr).toContain(
        'not seen by the service: P2PSHARE_UP. Write it down: p2pshare config set up'
      )
      // The home is no such choice: the service is told it.
      const [unit = ''] = (made.json as { files: string[] }).files
      expect(readFileSync(unit, 'utf8')).toContain(`"--home" "${home}"`)
    } finally {
      manager.done()
    }
  }
)

test('folders that the environment moves count only where the service has no home of its own', () => {
  const env = { XDG_DATA_HOME: '/data', XDG_STATE_HOME: 'relative', P2PSHARE_ON_ERROR: '/bin/x' }
  expect(unseenVariables(env, false, 'linux')).toEqual([
    { name: 'XDG_DATA_HOME', key: undefined, value: '/data' }
  ])
  expect(unseenVariables(env, true, 'linux')).toEqual([])
  expect(unseenVariables(env, false, 'darwin')).toEqual([])
})

test.runIf(process.platform === 'linux')('a service manager that refuses is quoted', async () => {
  const manager = await withManager(1)
  try {
    const { code, stderr } = await manager.command('install')
    expect([code, stderr]).toEqual([3, expect.stringContaining('systemctl --user failed: no bus')])
  } finally {
    manager.done()
  }
})

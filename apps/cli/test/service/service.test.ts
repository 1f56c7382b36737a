import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
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

test.runIf(process.platform === 'linux')('a service manager that refuses is quoted', async () => {
  const manager = await withManager(1)
  try {
    const { code, stderr } = await manager.command('install')
    expect([code, stderr]).toEqual([3, expect.stringContaining('systemctl --user failed: no bus')])
  } finally {
    manager.done()
  }
})

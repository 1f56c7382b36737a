import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LOG_AREAS, logLevels } from '@p2pshare/control/config'
import { expect, onTestFinished, test } from 'vitest'
import { openLog } from '../src/log/daemon-log.ts'

test('each area logs as much as it is told, and other levels count at once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'daemon.log')
  const { log, configure, close } = openLog(file, logLevels.parse('warn,reach=debug'))
  const network = log.child('network')
  const all = [log, network, network.child('reach')]
  const say = (): void => {
    for (const one of all)
      for (const level of ['debug', 'info', 'warn', 'error'] as const) one[level]({}, level)
  }
  const written = (): string[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        const { area, msg } = JSON.parse(line) as { area?: string; msg: string }
        return `${area ?? ''} ${msg}`
      })
  say()
  const before = [
    ...[' warn', ' error', 'network warn', 'network error'],
    ...['network.reach debug', 'network.reach info', 'network.reach warn', 'network.reach error']
  ]
  expect(written()).toEqual(before)
  configure(logLevels.parse('off,network=error'))
  say()
  expect(written().slice(before.length)).toEqual(['network error', 'network.reach error'])
  configure(undefined)
  say()
  expect(written().slice(before.length + 2)).toHaveLength(9)
  close()
})

test('every area that the sources name can be given a level', () => {
  const root = join(import.meta.dirname, '..', '..', '..')
  const files = globSync(['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts'], { cwd: root })
  const named = files.flatMap((file) =>
    [
      ...readFileSync(join(root, file), 'utf8').matchAll(/\blog\.child\('([^']*)'\)|source: '([a-z]+-dht)'/g)
    ].map(([, area, dht]) => area ?? dht)
  )
  expect(named).toContain('reach')
  const known: readonly (string | undefined)[] = LOG_AREAS
  expect(
    named.filter((area) => !known.includes(area)),
    'LOG_AREAS lacks'
  ).toEqual([])
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ControlChoice } from '@p2pshare/session'
import type { RelayChange } from '@p2pshare/ports'
import { expect, onTestFinished, test } from 'vitest'
import type { DaemonConfig } from '@p2pshare/control/config'
import { readConfig } from '../src/config/config.ts'
import { DiskChoice } from '../src/config/disk-choice.ts'
import { reload } from '../src/calls/reload.ts'

/** A daemon that was started with this file, and what it was told since. */
function daemon(file: object, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'p2ps-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'config.json')
  const write = (value: object): void => writeFileSync(path, JSON.stringify(value))
  write(file)
  const read = () => readConfig({ overrides: { mdns: false }, env, file: path })
  const told: { limits: object[]; relay: RelayChange[]; controls: ControlChoice[]; rest: DaemonConfig[] } = {
    ...{ limits: [], relay: [], controls: [], rest: [] }
  }
  const disk = new DiskChoice(read().config)
  const { config, warnings } = read()
  const parts = {
    config,
    disk,
    configWarnings: warnings,
    readConfig: read,
    warnings: ['from before'],
    onReload: async (fresh: DaemonConfig) => {
      told.rest.push(fresh)
      parts.warnings.push('no such port')
    },
    session: {
      limits: { configure: (limits: object) => void told.limits.push(limits) },
      controls: { configure: (choice: ControlChoice) => void told.controls.push(choice) }
    },
    network: { relaying: { configure: (change: RelayChange) => void told.relay.push(change) } }
  }
  return { parts, write, told }
}

test('what a running daemon can change counts at once, the rest at its next start', async () => {
  const { parts, write, told } = daemon({ up: '1MB/s' })
  write({ up: '2MB/s', relayBudget: '1GB/day', downloads: '/elsewhere', announce: 'roots' })
  const first = await reload(parts)
  expect(first.warnings).toEqual(['no such port'])
  expect(first).toMatchObject({ applied: ['downloads', 'up', 'relayBudget'], pending: ['announce'] })
  expect(parts.config).toMatchObject({ up: 2e6, downloads: '/elsewhere', announce: 'chunks' })
  expect(told.limits).toEqual([expect.objectContaining({ up: 2e6 })])
  expect(told.relay).toEqual([expect.objectContaining({ budget: { bytes: 1e9, period: 'day' } })])
  expect(await reload(parts)).toMatchObject({ applied: [], pending: ['announce'] })
  expect([told.limits.length, told.rest.map(({ up }) => up)]).toEqual([1, [2e6, 2e6]])
})

test('what is left free on disks counts at once', async () => {
  const { parts, write } = daemon({})
  const TIB = 1024 ** 4
  expect([parts.disk.reserve(1000), parts.disk.reserve(TIB)]).toEqual([10, 256 * 1024 ** 2])
  write({ minFree: '5%' })
  expect((await reload(parts)).applied).toEqual(['minFree'])
  expect(parts.disk.reserve(1000)).toBe(50)
  write({ minFree: '2GiB' })
  await reload(parts)
  expect(parts.disk.reserve(1000)).toBe(2 * 1024 ** 3)
  write({ minFree: 'some' })
  await expect(reload(parts)).rejects.toThrow(/minFree.*write 2GiB, 5%/)
  write({ minFree: '91%' })
  await expect(reload(parts)).rejects.toThrow(/at most 90%/)
})

test('a key that is taken out has its default again', async () => {
  const { parts, write, told } = daemon({ down: '1MB/s' })
  write({})
  expect((await reload(parts)).applied).toEqual(['down'])
  expect(told.limits).toEqual([expect.objectContaining({ down: undefined })])
})

test('command line and environment count more, and that is said', async () => {
  const { parts, write } = daemon({}, { P2PSHARE_UP: '9MB/s' })
  write({ up: '1MB/s', mdns: true })
  expect(await reload(parts)).toMatchObject({ applied: [], pending: [], overruled: ['mdns', 'up'] })
  expect(parts.config.up).toBe(9e6)
})

test('unknown keys are warnings, with the nearest known one, and go with the key', async () => {
  const { parts, write } = daemon({ portMaping: true })
  expect(parts.configWarnings).toEqual([
    'config.json: there is no key "portMaping"; did you mean portMapping?'
  ])
  write({})
  await reload(parts)
  expect(parts.configWarnings).toEqual([])
})

test('where one value is not valid, none is taken', async () => {
  const { parts, write, told } = daemon({})
  write({ up: '1MB/s', announce: 'everything' })
  await expect(reload(parts)).rejects.toThrow(/key "announce" of .* write roots, files or chunks/)
  expect([parts.config.up, told.limits]).toEqual([undefined, []])
})

test('limits of the queue and rules for the end of seeding count at once', async () => {
  const { parts, write, told } = daemon({})
  write({ activeFetches: 'none', stopRatio: 1.5, stopTime: '7d', stopReplicas: 3 })
  expect((await reload(parts)).applied).toEqual(['activeFetches', 'stopRatio', 'stopTime', 'stopReplicas'])
  expect(told.controls).toEqual([
    { fetches: undefined, checks: 1, stops: { ratio: 1.5, time: 604_800_000, replicas: 3 } }
  ])
  write({})
  await reload(parts)
  expect(told.controls.at(-1)).toEqual({
    ...{ fetches: 5, checks: 1, stops: { ratio: null, time: null, replicas: null } }
  })
})

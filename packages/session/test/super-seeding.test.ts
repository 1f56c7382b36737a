import type { ByteRate } from '@p2pshare/base'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Log } from '@p2pshare/ports'
import { makeContent, World } from './node.ts'

const rate = (n: number): ByteRate => n as ByteRate
const MIB = 1024 * 1024
let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

/** A log that keeps what super-seeding says of its mode. */
function modeLog(modes: unknown[]): Log {
  const log: Log = {
    debug() {},
    info(fields, text) {
      if (text === 'super-seeding') modes.push(fields['mode'])
    },
    warn() {},
    error() {},
    child: () => log
  }
  return log
}

describe('the first seeder', () => {
  test('sends each piece about once to several fetchers, and all complete', async () => {
    const content = makeContent(21, { '': 60 * MIB })
    const modes: unknown[] = []
    const seeder = await world.node('seeder', { log: modeLog(modes) })
    const seeding = await seeder.seed('song', content)
    // Without a limit of the line, all is over before anybody could pass anything on.
    seeder.session.limits.change({ up: rate(20 * MIB), includeLan: true })
    const fetchers = await Promise.all(['a', 'bb', 'ccc', 'dddd'].map((name) => world.node(name)))
    const shares = await Promise.all(fetchers.map((node) => node.fetch(content.cid)))
    await world.until('all are complete', () => shares.every(({ record }) => record.complete))
    expect(modes).toEqual(['masked', 'over'])
    expect(seeding.record.uploaded / content.layout.size).toBeLessThan(1.25)
    await world.until('nobody is connected for nothing', () => seeding.members.peers.size === 0)
  })

  test('shows a lone fetcher everything at once', async () => {
    const content = makeContent(22, { '': 20 * MIB })
    const modes: unknown[] = []
    const seeder = await world.node('seeder', { log: modeLog(modes) })
    const fetcher = await world.node('fetcher')
    await seeder.seed('song', content)
    const share = await fetcher.fetch(content.cid)
    await world.until('it is complete', () => share.record.complete)
    expect(modes).not.toContain('masked')
  })

  test('does nothing of the kind when told not to', async () => {
    const content = makeContent(23, { '': 20 * MIB })
    const modes: unknown[] = []
    const settings = { superSeed: 'off' as const }
    const seeder = await world.node('seeder', { log: modeLog(modes), settings })
    const fetchers = [await world.node('a'), await world.node('bb')]
    await seeder.seed('song', content)
    const shares = await Promise.all(fetchers.map((node) => node.fetch(content.cid)))
    await world.until('all are complete', () => shares.every(({ record }) => record.complete))
    expect(modes).toEqual([])
  })
})

import { type ByteRate, millis } from '@p2pshare/base'
import { RequestBudget, type WeekTime } from '@p2pshare/engine'
import { MemoryCatalogue, VirtualClock } from '@p2pshare/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { LimitKeeper } from '../src/limits/limit-keeper.ts'
import type { StartLimits } from '../src/limits/limit-settings.ts'
import { makeContent, World } from './node.ts'

const rate = (n: number): ByteRate => n as ByteRate
const MiB = 1024 * 1024

/** Local time that is UTC shifted by hours that a test may change, as on the day of a time change. */
class LocalTime {
  offset = 0
  readonly at = (wallTime: number): WeekTime => {
    const date = new Date(wallTime + this.offset * 3_600_000)
    return { minute: date.getUTCHours() * 60 + date.getUTCMinutes(), weekday: date.getUTCDay() }
  }
}

function keeperOn(
  catalogue: MemoryCatalogue,
  config: StartLimits = {},
  clock = new VirtualClock(),
  local = new LocalTime()
) {
  const budget = new RequestBudget()
  const values = catalogue.values('limits')
  const keeper = new LimitKeeper({ values, config, clock, budget, localTime: local.at })
  keeper.start()
  return { keeper, budget, clock, local }
}

describe('limits over restarts', () => {
  test('what was set is there again, of the node, of shares and of peers', () => {
    const catalogue = new MemoryCatalogue()
    const { keeper } = keeperOn(catalogue)
    keeper.change({ up: rate(5000), includeLan: true, alternative: { mode: 'on', down: rate(7) } })
    keeper.changeOf('share', 'cid', { up: rate(1000), includeLan: true })
    keeper.changeOf('peer', 'bob', { down: rate(2000) })
    keeper.changeOf('peer', 'eve', { down: rate(2000) })
    keeper.changeOf('peer', 'eve', { down: null })
    const again = keeperOn(catalogue).keeper
    expect(again.node).toMatchObject({ up: 5000, down: null, includeLan: true })
    expect(again.inForce).toMatchObject({ up: null, down: 7, why: 'switched-on' })
    expect(again.of('share', 'cid')).toEqual({ up: 1000, down: null, includeLan: true })
    expect(again.up.rate({ kind: 'share', share: 'cid' })).toBe(1000)
    expect(again.down.rate({ kind: 'peer', peer: 'bob' })).toBe(2000)
    expect(again.of('peer', 'eve')).toEqual({ up: null, down: null, includeLan: false })
  })

  test('the later word counts: of the command, then of a configuration that has changed', () => {
    const catalogue = new MemoryCatalogue()
    const configured = { up: rate(100), down: rate(200) }
    const { keeper } = keeperOn(catalogue, configured)
    expect(keeper.node).toMatchObject({ up: 100, down: 200, includeLan: false })
    keeper.change({ up: null })
    expect(keeperOn(catalogue, configured).keeper.node).toMatchObject({ up: null, down: 200 })
    const changed = { up: rate(300), down: rate(200), includeLan: true }
    expect(keeperOn(catalogue, changed).keeper.node).toMatchObject({ up: 300, down: 200, includeLan: true })
    expect(keeperOn(catalogue, {}).keeper.node).toMatchObject({ up: null, down: null })
  })

  test('a configuration that changes while running counts at once, and only where it changed', () => {
    const catalogue = new MemoryCatalogue()
    const { keeper } = keeperOn(catalogue, { up: rate(100), down: rate(200) })
    keeper.change({ down: rate(7) })
    keeper.configure({ up: rate(300), down: rate(200) })
    expect(keeper.inForce).toMatchObject({ up: 300, down: 7 })
    expect(keeper.up.rate({ kind: 'global' })).toBe(300)
    // A word that comes after it counts more, over a restart too.
    keeper.change({ up: rate(5) })
    const again = keeperOn(catalogue, { up: rate(300), down: rate(200) }).keeper
    expect(again.node).toMatchObject({ up: 5, down: 7 })
    again.configure({ down: rate(200) })
    expect(again.node).toMatchObject({ up: null, down: 7 })
  })

  test.each([
    '',
    '{',
    '[]',
    'null',
    '{"up":"fast","alternative":{"schedule":{"days":0}}}',
    '{"up":-1,"down":1e99}'
  ])('damaged values count as not set: %s', (text) => {
    const catalogue = new MemoryCatalogue()
    catalogue.values('limits').put('node', new TextEncoder().encode(text))
    catalogue.values('limits').put('peer/x', new TextEncoder().encode(text))
    const { keeper } = keeperOn(catalogue)
    expect(keeper.node).toMatchObject({ up: null, down: null, includeLan: false })
    expect(keeper.of('peer', 'x')).toMatchObject({ up: null, down: null })
  })
})

describe('the schedule', () => {
  const office = { from: 9 * 60, to: 17 * 60, days: 0b011_1110 }
  const HOUR = 3_600_000

  /** Virtual time begins on Thursday, 1 January 2026, 00:00. */
  function scheduled() {
    const all = keeperOn(new MemoryCatalogue())
    all.keeper.change({
      up: rate(100),
      alternative: { up: rate(10), down: rate(20), mode: 'auto', schedule: office }
    })
    return all
  }

  test('limits change at the edges, to the minute, and say why', () => {
    const { keeper, clock } = scheduled()
    clock.advance(9 * HOUR - 1)
    expect(keeper.inForce).toMatchObject({ up: 100, down: null, why: 'normal' })
    clock.advance(1)
    expect(keeper.inForce).toMatchObject({ up: 10, down: 20, why: 'schedule' })
    expect(keeper.up.rate({ kind: 'global' })).toBe(10)
    clock.advance(8 * HOUR)
    expect(keeper.inForce).toMatchObject({ up: 100, down: null, why: 'normal' })
    clock.advance(2 * 24 * HOUR - 5 * HOUR)
    expect(keeper.inForce.why).toBe('normal')
  })

  test('follows the wall clock when it is set, or changes to summer time', () => {
    const { keeper, clock, local } = scheduled()
    clock.advance(7.5 * HOUR)
    local.offset = 2
    clock.advance(60_000)
    expect(keeper.inForce.why).toBe('schedule')
    clock.shiftWallTime(12 * HOUR)
    clock.advance(60_000)
    expect(keeper.inForce.why).toBe('normal')
  })

  test('by hand: on and off count whatever the time, and the clock is left alone', () => {
    const { keeper, clock } = scheduled()
    keeper.change({ alternative: { mode: 'on' } })
    expect(keeper.inForce).toMatchObject({ up: 10, why: 'switched-on' })
    expect(clock.nextTimer).toBeUndefined()
    clock.advance(10 * HOUR)
    keeper.change({ alternative: { mode: 'off' } })
    expect(keeper.inForce).toMatchObject({ up: 100, why: 'normal' })
    keeper.change({ alternative: { mode: 'auto' } })
    expect(keeper.inForce.why).toBe('schedule')
    keeper.stop()
    expect(clock.nextTimer).toBeUndefined()
  })
})

test('while all peers are limited, no more is asked of them than comes in within seconds', () => {
  const { keeper, budget } = keeperOn(new MemoryCatalogue())
  keeper.change({ down: rate(MiB) })
  keeper.tick(true)
  expect(budget.ceiling).toBe(budget.maxBytes)
  keeper.tick(false)
  expect(budget.ceiling).toBe(4 * MiB)
  keeper.change({ includeLan: true })
  expect(budget.ceiling).toBe(4 * MiB)
  keeper.change({ down: null })
  expect(budget.ceiling).toBe(budget.maxBytes)
})

describe('shares at a limited rate', () => {
  let world: World
  afterEach(() => world.stop())

  test.each([50_000, 20_000, 6_000])(
    'five peers at %d B/s down: nobody is snubbed or dropped for our slowness, and it takes as long as it must',
    async (down) => {
      world = new World()
      const content = makeContent(7, { '': 4 * MiB })
      for (let i = 0; i < 5; i++) await (await world.node(`seeder${i}`)).seed('file', content)
      const node = await world.node('fetcher')
      node.session.limits.change({ down: rate(down), includeLan: true })
      const driver = await node.fetch(content.cid)
      await world.until('peers are there', () => (driver.swarm?.peers.length ?? 0) === 5)
      const began = world.clock.now()
      while (!driver.record.complete) {
        await world.clock.advanceAsync(millis(1000))
        const peers = driver.swarm?.peers ?? []
        if (driver.record.complete || driver.stage !== 'pieces') break
        expect(peers.length).toBe(5)
        expect(peers.filter((peer) => peer.snubbed)).toEqual([])
      }
      await world.until('it is complete', () => driver.record.complete)
      const seconds = (world.clock.now() - began) / 1000
      expect(seconds / ((4 * MiB) / down)).toBeGreaterThan(0.8)
      expect(seconds / ((4 * MiB) / down)).toBeLessThan(1.05)
    },
    60_000
  )

  test('a limit of one share leaves the others their speed', async () => {
    world = new World()
    const [slow, fast] = [makeContent(8, { '': 2 * MiB }), makeContent(9, { '': 2 * MiB })]
    const seeder = await world.node('seeder')
    await seeder.seed('slow', slow)
    await seeder.seed('fast', fast)
    seeder.session.limits.changeOf('share', slow.cid, { up: rate(100_000), includeLan: true })
    const [a, b] = [await world.node('a'), await world.node('b')]
    const slowly = await a.fetch(slow.cid)
    const quickly = await b.fetch(fast.cid)
    await world.until('the free share is complete', () => quickly.record.complete)
    expect(world.clock.now()).toBeLessThan(10_000)
    expect(slowly.record.complete).toBe(false)
    await world.until('the limited share is complete', () => slowly.record.complete)
    expect(world.clock.now()).toBeGreaterThan(19_000)
    expect(world.clock.now()).toBeLessThan(26_000)
  })
})

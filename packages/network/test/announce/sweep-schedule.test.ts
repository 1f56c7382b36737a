import { HOUR, MINUTE } from '@p2pshare/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ageWarning } from '../../src/announce/age-warning.ts'
import { gapOf } from '../../src/announce/background-work.ts'
import { encodeState, freshState, restore } from '../../src/announce/publication-state.ts'
import { SLOTS, SweepSchedule } from '../../src/announce/sweep-schedule.ts'
import { ANNOUNCE } from '../../src/limits/index.ts'
import { publication } from '../support/nodes.ts'

const START = 1_800_000_000_000

/** Runs a schedule by the minute, each region of a depth in no time; answers when each slot was announced. */
function run(schedule: SweepSchedule, depth: number, from: number, to: number): number[][] {
  const times: number[][] = Array.from({ length: SLOTS }, () => [])
  const slots = SLOTS >> depth
  for (let now = from; now < to; now += MINUTE) {
    for (let slot = schedule.due(now); slot !== undefined; slot = schedule.due(now)) {
      const first = Math.floor(slot / slots) * slots
      if (schedule.dueWithin(first, first + slots, depth, now) === undefined) {
        schedule.reshape(first, first + slots, depth)
        continue
      }
      schedule.mark(first, first + slots, depth, now)
      for (let i = first; i < first + slots; i++) times[i]?.push(now)
    }
  }
  return times
}

test('every slot has its turn once a cycle, evenly spread, whatever the phase and the size of regions', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.integer({ min: 0, max: 7 }),
      (phase, depth) => {
        const times = run(new SweepSchedule(phase, START), depth, START, START + 67 * HOUR)
        for (const [slot, all] of times.entries()) {
          expect(all.length).toBeGreaterThanOrEqual(2)
          expect(all.length).toBeLessThanOrEqual(4)
          const gaps = [START, ...all].map((time, i, list) => (list[i + 1] ?? time) - time)
          expect([slot, Math.max(...gaps)]).toEqual([slot, expect.closeTo(ANNOUNCE.interval, -6.5)])
        }
        const last = times.map((all) => all.at(-1) ?? 0)
        const hours = new Set(last.map((time) => Math.floor(time / HOUR)))
        expect(hours.size).toBeGreaterThanOrEqual(Math.min(21, 2 ** depth))
      }
    ),
    { numRuns: 8 }
  )
})

test('after a long time away all is due, the longest ago first, and each once', () => {
  const schedule = new SweepSchedule(0.3, START)
  schedule.mark(500, 510, 10, START - HOUR)
  const now = START + 72 * HOUR
  expect(schedule.due(now)).toBe(500)
  expect(schedule.lateness(500, now)).toBeGreaterThan(50 * HOUR)
  const times = run(schedule, 3, now, now + MINUTE)
  expect(times.every((all) => all.length === 1)).toBe(true)
  expect(schedule.due(now + MINUTE)).toBeUndefined()
})

test('times in the future count as now', () => {
  const schedule = new SweepSchedule(0.3, START + 365 * 24 * HOUR)
  expect(schedule.due(START)).toBeUndefined()
  expect(schedule.at(7, START)).toBe(START)
  expect(schedule.oldestBefore(SLOTS, START)).toBe(START)
  expect(schedule.next(START)).toBeLessThanOrEqual(START + ANNOUNCE.interval)
  const announced = freshState(publication('s', 10))
  for (const list of announced.lists) Object.assign(list, { cursor: SLOTS, at: START + HOUR })
  const again = freshState(publication('s', 10))
  restore(again, encodeState(announced), START)
  expect(again.lists.map(({ at }) => at)).toEqual([START, START, START])
})

test('the row has 5 kB and brings everything back', () => {
  const schedule = new SweepSchedule(0.5, START)
  schedule.mark(0, 128, 3, START + HOUR)
  schedule.mark(700, 701, undefined, START + 2 * HOUR)
  const row = schedule.encode()
  expect(row.byteLength).toBe(5120)
  const again = new SweepSchedule(0.5, 0)
  expect(again.restore(row)).toBe(true)
  expect(again.encode()).toEqual(row)
  for (const slot of [0, 127, 128, 700])
    expect(again.at(slot, START + HOUR * 3)).toBe(schedule.at(slot, START + HOUR * 3))
  expect(again.restore(row.subarray(1))).toBe(false)
})

test('state of a publication survives its row; a damaged or foreign row says nothing', () => {
  const announced = freshState(publication('s', 10))
  const [root, files, chunks] = announced.lists
  Object.assign(root, { cursor: SLOTS, at: START })
  Object.assign(chunks, { cursor: 17, at: START - 5 })
  announced.addresses = 'abc'
  const row = encodeState(announced)
  const again = freshState(publication('s', 10))
  restore(again, row, START)
  expect(again.lists.map(({ cursor, at }) => [cursor, at])).toEqual([
    [SLOTS, START],
    [0, 0],
    [17, START - 5]
  ])
  expect(again.addresses).toBe('abc')
  // Only the list that has changed begins anew.
  const changed = freshState(publication('s', 11))
  restore(changed, row, START)
  expect(changed.lists.map(({ cursor }) => cursor)).toEqual([SLOTS, 0, 0])
  const damaged = [
    undefined,
    Buffer.from(''),
    Buffer.from(`${root.fingerprint} x 1`),
    Buffer.from(`${root.fingerprint} -1 1`),
    Buffer.from(`${root.fingerprint} 2000 1 ${files.fingerprint} 1e99 1`),
    row.subarray(0, 10)
  ]
  for (const bytes of damaged) {
    const fresh = freshState(publication('s', 10))
    restore(fresh, bytes, START)
    expect(fresh.lists.map(({ cursor }) => cursor)).toEqual([0, 0, 0])
  }
})

test('servers of a region are told spread over its time, and without pauses when that is over', () => {
  const region = { from: 0, to: 8, depth: 7 }
  // 22 h / 128 for 78 servers.
  expect(gapOf(region, 78, 0)).toBeCloseTo((0.8 * ANNOUNCE.interval) / 128 / 78, 3)
  expect(gapOf({ from: 0, to: SLOTS, depth: 0 }, 3, 0)).toBe(ANNOUNCE.maxGap)
  expect(gapOf(region, 78, HOUR)).toBe(0)
})

test('a warning from 40 h on, another one from 48 h on', () => {
  expect(ageWarning('lan-dht', undefined, START)).toBeUndefined()
  expect(ageWarning('lan-dht', START - 40 * HOUR, START)).toBeUndefined()
  expect(ageWarning('amino-dht', START - 41 * HOUR, START)).toMatch(
    /the public DHT .* 41 h ago and end at 48 h/
  )
  expect(ageWarning('private-dht', START - 50 * HOUR, START)).toMatch(/50 h ago and have ended/)
})

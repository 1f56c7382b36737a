import { SECOND } from '@p2pshare/base'
import { VirtualClock } from '@p2pshare/testkit'
import { expect, test } from 'vitest'
import { BackgroundPace } from '../../src/announce/background-pace.ts'
import { ANNOUNCE } from '../../src/limits/index.ts'

/** Batches of 50 ms that go out in ten seconds of the given kind. */
function batchesIn(clock: VirtualClock, pace: BackgroundPace, isBusy: boolean): number {
  let batches = 0
  const end = clock.now() + 10 * SECOND
  while (clock.now() < end) {
    if (isBusy) pace.busy()
    if (pace.wait > 0) {
      clock.advance(Math.min(pace.wait, 10) as never)
      continue
    }
    batches++
    clock.advance(50 as never)
    pace.worked(50)
  }
  return batches
}

test('half of the time while nothing else happens', () => {
  const clock = new VirtualClock()
  expect(batchesIn(clock, new BackgroundPace(clock), false)).toBe(100)
})

test('about one batch a second while content moves: few, but never none', () => {
  const clock = new VirtualClock()
  const batches = batchesIn(clock, new BackgroundPace(clock), true)
  expect(batches).toBeGreaterThanOrEqual(9)
  expect(batches).toBeLessThanOrEqual(10)
})

test('what is published now waits for what its user does next', () => {
  const clock = new VirtualClock()
  const pace = new BackgroundPace(clock)
  expect(pace.wait).toBe(0)
  pace.busy()
  expect(pace.wait).toBeGreaterThan(0)
  clock.advance(ANNOUNCE.busyPause)
  expect(pace.wait).toBe(0)
})

import { KiB } from '@p2pshare/base'
import { VirtualClock } from '@p2pshare/testkit'
import { expect, test } from 'vitest'
import { RelayPace } from '../../src/relay/relay-pace.ts'

/** Takes as much as it can until the time is over; answers the bytes of each of `count` takers. */
function run(pace: RelayPace, clock: VirtualClock, count: number, seconds: number): number[] {
  const taken = new Array<number>(count).fill(0)
  const takers = taken.map((_, i) => {
    const take = (): void => {
      for (let turns = 0; turns < 100; turns++) {
        const allowed = pace.take(16 * KiB)
        if (allowed === 0) return pace.wait(take)
        taken[i] = (taken[i] ?? 0) + allowed
      }
    }
    return take
  })
  for (const take of takers) take()
  clock.advance(seconds * 1000)
  pace.stop()
  return taken
}

test.each([10 * KiB, 200 * KiB, 5000 * KiB])('all together get %i bytes a second, each its share', (rate) => {
  const clock = new VirtualClock()
  const taken = run(new RelayPace(clock, rate), clock, 4, 60)
  const sum = taken.reduce((a, b) => a + b, 0)
  expect(sum).toBeGreaterThan(rate * 60 * 0.95)
  expect(sum).toBeLessThan(rate * 60 * 1.05 + 64 * KiB)
  for (const each of taken) expect(each).toBeGreaterThan(sum / 8)
})

test('without a rate nobody waits; with another one those who wait go on', () => {
  const clock = new VirtualClock()
  const pace = new RelayPace(clock, null)
  expect(pace.take(1e9)).toBe(1e9)
  pace.change(1000)
  expect(pace.take(1e9)).toBe(0)
  let woken = 0
  pace.wait(() => woken++)
  pace.change(null)
  expect(woken).toBe(1)
})

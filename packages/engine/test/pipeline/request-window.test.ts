import { KiB, MiB, millis } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { RequestWindow } from '../../src/pipeline/request-window.ts'

/** Delivers `rate` bytes/s (at most a window a round trip) for `time` ms. */
function deliver(window: RequestWindow, rate: number, rtt: number, time: number, from = 0): number {
  for (let t = from; t < from + time; t += 10) {
    const limited = (window.size(millis(t)) * 1000) / rtt
    window.onReceived((Math.min(rate, limited) * 10) / 1000, millis(t))
  }
  return window.size(millis(from + time))
}

describe('the request window', () => {
  test('starts at 1 MiB and opens until a fast, distant peer is busy', () => {
    const window = new RequestWindow()
    window.onRoundTrip(millis(50))
    expect(window.size(millis(0))).toBe(MiB)
    const size = deliver(window, 100e6, 50, 3000)
    expect(size).toBeGreaterThan(2 * 100e6 * 0.05)
    expect(size).toBeLessThanOrEqual(16 * MiB)
  })

  test('stays small for a slow peer', () => {
    const window = new RequestWindow()
    window.onRoundTrip(millis(20))
    expect(deliver(window, 1e6, 20, 5000)).toBeLessThan(MiB)
    expect(deliver(window, KiB, 20, 5000, 5000)).toBeLessThan(520 * KiB)
  })

  test('covers what TCP holds back behind gaps: four round trips of a fast, distant peer', () => {
    const window = new RequestWindow()
    window.onRoundTrip(millis(100))
    const size = deliver(window, 12.5e6, 100, 5000)
    expect(size).toBeGreaterThan(4 * 12.5e6 * 0.1)
    expect(size).toBeLessThan(5 * 12.5e6 * 0.1)
  })

  test('does not let a queue on the way count as distance', () => {
    const window = new RequestWindow()
    window.onRoundTrip(millis(10))
    for (let i = 0; i < 7; i++) window.onRoundTrip(millis(2000))
    expect(window.roundTrip).toBe(10)
  })
})

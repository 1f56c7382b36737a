import { millis } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { RateMeter, timeLeft } from '../../src/index.ts'

describe('the rate meter', () => {
  test('shows a steady rate from the first second on', () => {
    const meter = new RateMeter()
    for (let t = 1000; t <= 20_000; t += 20) {
      meter.add(20_000, millis(t))
      if (t < 2000) continue
      expect(meter.rate(millis(t))).toBeGreaterThan(0.95e6)
      expect(meter.rate(millis(t))).toBeLessThan(1.05e6)
    }
    expect(meter.total).toBe(951 * 20_000)
  })

  test('falls to nothing within its window and starts anew', () => {
    const meter = new RateMeter()
    for (let t = 0; t < 5000; t += 50) meter.add(50_000, millis(t))
    const soon = meter.rate(millis(7000))
    expect(soon).toBeGreaterThan(0.4e6)
    expect(soon).toBeLessThan(0.75e6)
    expect(meter.rate(millis(10_500))).toBe(0)
    meter.add(1000, millis(100_000))
    meter.add(1000, millis(101_000))
    expect(meter.rate(millis(101_000))).toBe(2000)
  })

  test('tells the time left', () => {
    expect(timeLeft(0, 0)).toBe(0)
    expect(timeLeft(10, 0)).toBeUndefined()
    expect(timeLeft(1000, 500)).toBe(2000)
    expect(timeLeft(1e15, 1)).toBeUndefined()
  })
})

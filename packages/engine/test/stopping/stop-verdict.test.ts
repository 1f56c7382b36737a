import { millis } from '@p2pshare/base'
import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { type SeedingFacts, type StopRules, stopVerdict } from '../../src/index.ts'

const DAY = 86_400_000
const rules = (some: Partial<StopRules> = {}): StopRules => ({
  ratio: null,
  time: null,
  replicas: null,
  ...some
})
const facts = (some: Partial<SeedingFacts> = {}): SeedingFacts => ({
  ...{ uploaded: 0, size: 100, seeded: millis(0), replicas: 0 },
  ...some
})

describe('stopVerdict', () => {
  test('without rules it never stops, and need not be looked at again', () => {
    expect(stopVerdict(rules(), facts({ uploaded: 1e9, seeded: millis(1e12), replicas: 99 }))).toEqual({
      ...{ stop: false, lookAgain: undefined }
    })
  })

  test('by ratio: at it, not below', () => {
    expect(stopVerdict(rules({ ratio: 2 }), facts({ uploaded: 199 })).stop).toBe(false)
    expect(stopVerdict(rules({ ratio: 2 }), facts({ uploaded: 200 }))).toEqual({
      ...{ stop: true, reason: 'ratio 2.0 reached' }
    })
    expect(stopVerdict(rules({ ratio: 1 }), facts({ size: 0 })).stop).toBe(false)
    expect(stopVerdict(rules({ ratio: 0 }), facts()).stop).toBe(true)
  })

  test('by time: says when to look again', () => {
    const time = millis(7 * DAY)
    expect(stopVerdict(rules({ time }), facts({ seeded: millis(6 * DAY) }))).toEqual({
      ...{ stop: false, lookAgain: DAY }
    })
    expect(stopVerdict(rules({ time }), facts({ seeded: time }))).toEqual({
      ...{ stop: true, reason: 'seeded for 7d' }
    })
  })

  test('by replicas alone', () => {
    expect(stopVerdict(rules({ replicas: 3 }), facts({ replicas: 2 })).stop).toBe(false)
    expect(stopVerdict(rules({ replicas: 3 }), facts({ replicas: 4 }))).toEqual({
      ...{ stop: true, reason: '4 others have all of it' }
    })
  })

  test('ratio or time, whichever comes first; replicas are a floor', () => {
    const both = rules({ ratio: 2, time: millis(DAY), replicas: 3 })
    expect(stopVerdict(both, facts({ uploaded: 900, seeded: millis(9 * DAY), replicas: 2 }))).toEqual({
      ...{ stop: false, lookAgain: undefined }
    })
    expect(stopVerdict(both, facts({ uploaded: 900, replicas: 3 }))).toEqual({
      ...{ stop: true, reason: 'ratio 2.0 reached, 3 others have all of it' }
    })
    expect(stopVerdict(both, facts({ replicas: 3 })).stop).toBe(false)
  })

  const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null })
  property.prop([
    fc.record({
      ratio: maybe(fc.integer({ min: 0, max: 5 })),
      time: maybe(fc.integer({ min: 1, max: 50 }).map(millis)),
      replicas: maybe(fc.integer({ min: 1, max: 5 }))
    }),
    fc.record({
      uploaded: fc.nat(500),
      size: fc.nat(200),
      seeded: fc.nat(60).map(millis),
      replicas: fc.nat(6)
    })
  ])('never stops below its replicas, and looking again only at that time misses nothing', (given, at) => {
    const verdict = stopVerdict(given, at)
    if (verdict.stop) {
      expect(at.replicas).toBeGreaterThanOrEqual(given.replicas ?? 0)
      return
    }
    const until = verdict.lookAgain ?? 1000
    const before = { ...at, seeded: millis(at.seeded + until - 1) }
    expect(stopVerdict(given, before).stop).toBe(false)
    if (verdict.lookAgain !== undefined)
      expect(stopVerdict(given, { ...at, seeded: millis(at.seeded + until) }).stop).toBe(true)
  })
})

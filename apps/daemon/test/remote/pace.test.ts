import { millis } from '@p2pshare/base'
import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { PEERS_REMEMBERED } from '../../src/remote/limits.ts'
import { Pace } from '../../src/remote/pace.ts'

const OWN = { burst: 3, every: millis(1000) }
const ALL = { burst: 5, every: millis(500) }
const times = (pace: Pace, peer: string, count: number, now: number): number =>
  Array.from({ length: count }, () => pace.take(peer, now)).filter(Boolean).length

test('a peer may as often as its allowance says, at once and in the long run', () => {
  const pace = new Pace({ own: OWN, all: { burst: 1000, every: millis(1) } })
  expect(times(pace, 'a', 10, 0)).toBe(3)
  expect(times(pace, 'a', 10, 999)).toBe(0)
  expect(times(pace, 'a', 10, 2001)).toBe(2)
  expect(times(pace, 'a', 10, 1e9)).toBe(3)
  expect(times(pace, 'b', 10, 1e9)).toBe(3)
})

test('all together may no more than theirs, and who may not costs the others nothing', () => {
  const pace = new Pace({ own: OWN, all: ALL })
  expect(times(pace, 'a', 100, 0)).toBe(3)
  expect(times(pace, 'b', 3, 0)).toBe(2)
  expect(times(pace, 'c', 3, 1000)).toBe(2)
})

property.prop([fc.array(fc.tuple(fc.nat(2000), fc.nat(700)), { maxLength: 400 })])(
  'whoever comes with ever new names gets no more than all may',
  (steps) => {
    const pace = new Pace({ own: OWN, all: ALL })
    let now = 0
    let taken = 0
    for (const [peer, wait] of steps) {
      now += wait
      if (pace.take(`peer ${peer}`, now)) taken++
    }
    expect(taken).toBeLessThanOrEqual(ALL.burst + now / ALL.every)
  }
)

test('those seen longest ago are forgotten first', () => {
  const pace = new Pace({ own: { burst: 1, every: millis(1e9) }, all: { burst: 1e6, every: millis(1) } })
  pace.take('old', 0)
  for (let i = 0; i < PEERS_REMEMBERED - 1; i++) {
    pace.take(`peer ${i}`, 0)
    expect(pace.take('kept', 0)).toBe(i === 0)
  }
  expect(pace.take('kept', 0)).toBe(false)
  expect(pace.take('old', 0)).toBe(true)
})

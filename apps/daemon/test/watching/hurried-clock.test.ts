import { millis } from '@p2pshare/base'
import { VirtualClock } from '@p2pshare/testkit'
import { expect, test } from 'vitest'
import { hurriedClock } from '../../src/watching/hurried-clock.ts'

test('time passes as many times as fast as is said, and as usual for what makes no sense', () => {
  const clock = new VirtualClock()
  for (const pace of [undefined, '', 'x', '0', '-5', '1', '101', 'Infinity', 'NaN'])
    expect(hurriedClock(clock, pace), pace).toBe(clock)
  const hurried = hurriedClock(clock, '10')
  let rang = 0
  hurried.after(millis(1000), () => rang++)
  clock.advance(99)
  expect([rang, hurried.now(), hurried.wallTime() - clock.wallTime()]).toEqual([0, 990, 0])
  clock.advance(1)
  expect(rang).toBe(1)
})

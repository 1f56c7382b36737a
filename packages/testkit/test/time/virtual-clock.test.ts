import { millis } from '@p2pshare/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../src/index.ts'

describe('the virtual clock', () => {
  test('runs timers in order of time, then of setting, with time standing at each', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 60 }), (delays) => {
        const clock = new VirtualClock()
        const ran: [number, number][] = []
        for (const [i, delay] of delays.entries()) {
          clock.after(millis(delay), () => {
            expect(clock.now()).toBe(delay)
            ran.push([delay, i])
          })
        }
        clock.advance(100)
        expect(ran).toEqual(
          delays.map((d, i): [number, number] => [d, i]).sort((a, b) => a[0] - b[0] || a[1] - b[1])
        )
        expect(clock.now()).toBe(100)
      })
    )
  })

  test('a cancelled timer does not run, nor one that is not due', () => {
    const clock = new VirtualClock()
    const ran: string[] = []
    const cancel = clock.after(millis(5), () => ran.push('cancelled'))
    clock.after(millis(10), () => ran.push('due'))
    clock.after(millis(11), () => ran.push('later'))
    cancel()
    cancel()
    clock.advance(10)
    expect(ran).toEqual(['due'])
    expect(clock.nextTimer).toBe(11)
  })

  test('runs until idle, timers that set timers included, and stops an endless chain', () => {
    const clock = new VirtualClock()
    let left = 5
    const again = (): void => {
      if (--left > 0) clock.after(millis(1000), again)
    }
    clock.after(millis(0), again)
    clock.runUntilIdle()
    expect(clock.now()).toBe(4000)
    const forever = (): void => void clock.after(millis(1), forever)
    forever()
    expect(() => clock.runUntilIdle(100)).toThrow(/not idle/)
  })

  test('lets promises settle between timers', async () => {
    const clock = new VirtualClock()
    const ran: number[] = []
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => clock.after(millis(ms), resolve))
    const worker = (async () => {
      for (let i = 0; i < 3; i++) {
        await sleep(10)
        ran.push(clock.now())
      }
    })()
    await clock.runUntilIdleAsync()
    await worker
    expect(ran).toEqual([10, 20, 30])
  })

  test('sleeps over timers when it jumps, and keeps wall time apart', () => {
    const clock = new VirtualClock()
    const at: number[] = []
    clock.after(millis(10), () => at.push(clock.now()))
    const wall = clock.wallTime()
    clock.shiftWallTime(-5000)
    clock.jump(100)
    expect(at).toEqual([100])
    expect(clock.wallTime()).toBe(wall - 5000 + 100)
  })
})

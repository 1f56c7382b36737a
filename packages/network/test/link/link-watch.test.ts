import { millis, SECOND } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { LinkWatch } from '../../src/link/link-watch.ts'

const LIMITS = {
  keepAlive: millis(30 * SECOND),
  idleTimeout: millis(120 * SECOND),
  progressTimeout: millis(60 * SECOND)
}

/** A watch whose timers run when the test says so, on time or late. */
function watched(waitingSince: () => number | undefined = () => undefined) {
  const seen: string[] = []
  let now = 0
  let timer: { at: number; run: () => void } | undefined
  const watch = new LinkWatch({
    clock: {
      now: () => millis(now),
      wallTime: () => now,
      after(delay, run) {
        timer = { at: now + delay, run }
        return () => {
          timer = undefined
        }
      }
    },
    limits: LIMITS,
    waitingSince: () => waitingSince() as never,
    ping: () => seen.push('ping'),
    onIdle: () => seen.push('idle'),
    onNoProgress: () => seen.push('no progress')
  })
  return {
    watch,
    seen,
    /** Lets the next timer run, `late` ms after its time; answers when that is. */
    next(late = 0): number {
      if (timer === undefined) throw new Error('no timer is set')
      now = timer.at + late
      timer.run()
      return now
    }
  }
}

test('a silent peer is pinged, and the link closed after two minutes', () => {
  const { seen, next } = watched()
  let at = 0
  while (!seen.includes('idle')) at = next()
  expect(at).toBe(120_000)
  expect(seen).toEqual(['ping', 'ping', 'ping', 'idle'])
})

test('our own sleep is not the silence of the peer: it is asked, and has 10 s to answer', () => {
  const { watch, seen, next } = watched()
  const woke = next(300_000)
  expect(seen).toEqual(['ping'])
  watch.heard()
  next()
  expect(seen).not.toContain('idle')
  const silent = watched(() => 0)
  silent.next(300_000)
  expect(silent.seen).toEqual(['ping'])
  expect(silent.next()).toBe(woke + 10_000)
  expect(silent.seen).toEqual(['ping', 'idle'])
})

import { millis } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { freshPace, type JobPace, LEAST_PROGRESS, watchedPace } from '../../src/index.ts'

/** Looks each second for so long, with so many bytes coming in each second. */
function watch(pace: JobPace, from: number, seconds: number, rate: number, limit?: number): JobPace {
  const begun = pace.bytes
  let now = pace
  for (let i = 1; i <= seconds; i++) now = watchedPace(now, begun + i * rate, millis(from + i * 1000), limit)
  return now
}

describe('watchedPace', () => {
  test('a job with nothing for a minute is stalled, not sooner', () => {
    const begun = freshPace(0, millis(0))
    expect(watch(begun, 0, 59, 0).stalled).toBe(false)
    expect(watch(begun, 0, 60, 0).stalled).toBe(true)
  })

  test('a trickle does not count, what is at least 1 KiB/s does', () => {
    expect(watch(freshPace(0, millis(0)), 0, 60, 100).stalled).toBe(true)
    expect(watch(freshPace(0, millis(0)), 0, 600, 1024).stalled).toBe(false)
  })

  test('under a low limit of the user every byte counts', () => {
    expect(watch(freshPace(0, millis(0)), 0, 300, 100, 1000).stalled).toBe(false)
    expect(watch(freshPace(0, millis(0)), 0, 300, 0, 1000).stalled).toBe(true)
    expect(watch(freshPace(0, millis(0)), 0, 300, 100, 1e6).stalled).toBe(true)
  })

  test('it moves again at once when enough comes in', () => {
    const stalled = watch(freshPace(0, millis(0)), 0, 60, 0)
    expect(watchedPace(stalled, LEAST_PROGRESS - 1, millis(61_000), undefined).stalled).toBe(true)
    expect(watchedPace(stalled, LEAST_PROGRESS, millis(61_000), undefined).stalled).toBe(false)
  })

  test('what came early in a window does not excuse the next one', () => {
    const early = watchedPace(freshPace(0, millis(0)), 1e9, millis(1000), undefined)
    const later = watchedPace(early, 1e9, millis(60_000), undefined)
    expect(later.stalled).toBe(false)
    expect(watchedPace(later, 1e9, millis(120_000), undefined).stalled).toBe(true)
  })
})

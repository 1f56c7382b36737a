import { test as property, fc } from '@fast-check/vitest'
import { millis } from '@p2pshare/base'
import { describe, expect, test, vi } from 'vitest'
import { ProgressWatch } from '../src/fetching/progress-watch.ts'
import { bar, percent } from '../src/render/bar.ts'
import { figures, phaseText } from '../src/render/phase-text.ts'
import { phase } from './run-cli.ts'

describe('percent and bar', () => {
  property.prop([fc.nat({ max: 2 ** 50 }), fc.integer({ min: 1, max: 2 ** 50 })])(
    '100 only when all is there',
    (done, total) => {
      const share = percent(done, total) ?? -1
      expect(share === 100).toBe(done >= total)
      expect(share).toBeGreaterThanOrEqual(0)
      if (done < total) expect(share).toBeLessThanOrEqual((done / total) * 100)
      expect(bar(done, total, 20)).toHaveLength(20)
      expect(bar(done, total, 20).includes('░')).toBe(done < total)
    }
  )

  test('nothing known', () => {
    expect(percent(0, 0)).toBeUndefined()
    expect(bar(0, 0, 4)).toBe('░░░░')
  })
})

describe('what it is doing, in words', () => {
  test.each([
    [phase(), 'looking for peers'],
    [phase({ found: 3 }), 'looking for peers, found 3'],
    [
      phase({ tried: [{ source: 'amino-dht', outcome: 'timed-out', providers: 0 }] }),
      'looking for peers (public DHT: no answer)'
    ],
    [phase({ phase: 'connecting', found: 3 }), 'found 3, connecting'],
    [phase({ phase: 'index', pieces: 1, totalPieces: 17 }), 'reading the index, 1 of 17 blocks'],
    [phase({ phase: 'pieces', pieces: 12, totalPieces: 1024 }), '12 of 1024 pieces'],
    [phase({ phase: 'waiting', reason: 'the disk is full\u001b' }), 'waiting: the disk is full\\u{1B}']
  ])('%#', (now, words) => {
    expect(phaseText(now)).toBe(words)
  })

  test('figures as far as they are known', () => {
    expect(figures(phase())).toEqual([])
    const now = phase({ phase: 'pieces', done: 999, total: 1000, rate: 2048, peers: 1, etaMs: 61_000 })
    expect(figures(now)).toEqual(['99 %', '999 B of 1000 B', '2.0 KiB/s', '1 peer', '1m 1s left'])
  })
})

describe('the watch for progress', () => {
  test('bytes, index blocks and looking through the disk count; peers and phases do not', () => {
    vi.useFakeTimers()
    try {
      const onSilence = vi.fn()
      const watch = new ProgressWatch(millis(100), onSilence)
      const steps = [
        phase({ phase: 'hashing', done: 1 }),
        phase({ phase: 'hashing', done: 2 }),
        phase({ phase: 'index', pieces: 1 }),
        phase({ phase: 'pieces', done: 10 })
      ]
      for (const step of steps) {
        vi.advanceTimersByTime(90)
        watch.note(step)
      }
      expect(onSilence).not.toHaveBeenCalled()
      vi.advanceTimersByTime(90)
      watch.note(phase({ phase: 'finding', found: 9, done: 10 }))
      watch.note(phase({ phase: 'pieces', done: 5, pieces: 3 }))
      vi.advanceTimersByTime(10)
      expect(onSilence).toHaveBeenCalledTimes(1)
      watch.stop()
    } finally {
      vi.useRealTimers()
    }
  })
})

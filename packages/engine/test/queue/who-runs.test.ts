import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { type QueuedJob, whoRuns } from '../../src/index.ts'

const NONE = { running: false, stalled: false, forced: false, busy: false }
const waits = (id: string): QueuedJob => ({ id, ...NONE })
const runs = (id: string, more: Partial<QueuedJob> = {}): QueuedJob => ({
  id,
  ...NONE,
  running: true,
  ...more
})

describe('whoRuns', () => {
  test('free places go in order', () => {
    expect([...whoRuns([waits('a'), runs('b'), waits('c'), waits('d')], 3, false)]).toEqual(['a', 'b', 'c'])
  })

  test('a stalled job takes no place and goes on', () => {
    const jobs = [runs('a', { stalled: true }), runs('b'), waits('c'), waits('d')]
    expect([...whoRuns(jobs, 2, false)]).toEqual(['a', 'b', 'c'])
  })

  test('one that moves again stops nobody', () => {
    expect([...whoRuns([runs('a'), runs('b'), runs('c'), waits('d')], 2, false)]).toEqual(['a', 'b', 'c'])
  })

  test('the user changed the order or the limit: the last ones wait', () => {
    expect([...whoRuns([waits('a'), runs('b'), runs('c')], 2, true)]).toEqual(['a', 'b'])
    expect([...whoRuns([runs('a'), runs('b'), runs('c', { stalled: true })], 1, true)]).toEqual(['a', 'c'])
  })

  test('what is busy is not cut off, and has its place', () => {
    expect([...whoRuns([waits('a'), runs('b', { busy: true })], 1, true)]).toEqual(['b'])
  })

  test('what is forced runs beside the queue', () => {
    expect([...whoRuns([runs('a'), { ...waits('b'), forced: true }, waits('c')], 1, false)]).toEqual([
      'a',
      'b'
    ])
  })

  test('without a limit all run', () => {
    expect(whoRuns([waits('a'), waits('b')], undefined, false).size).toBe(2)
  })

  const facts = fc.array(
    fc.record({ running: fc.boolean(), stalled: fc.boolean(), forced: fc.boolean(), busy: fc.boolean() }),
    { maxLength: 12 }
  )
  property.prop([facts, fc.integer({ min: 1, max: 6 }), fc.boolean()])(
    'no place is left free while somebody waits, and none is given twice',
    (given, limit, anew) => {
      const jobs = given.map((fact, i) => ({ ...fact, id: String(i) }))
      const run = whoRuns(jobs, limit, anew)
      const counted = jobs.filter(
        ({ id, forced, stalled, running }) => run.has(id) && !forced && !(running && stalled)
      )
      const kept = counted.filter(({ running, busy }) => running && (!anew || busy))
      if (run.size < jobs.length) expect(counted.length).toBeGreaterThanOrEqual(limit)
      expect(counted.length).toBeLessThanOrEqual(Math.max(limit, kept.length))
      if (!anew) for (const job of jobs) if (job.running) expect(run).toContain(job.id)
      // Who waits has nobody behind it that was begun, or that keeps on though it could be stopped.
      const firstOut = jobs.findIndex(({ id }) => !run.has(id))
      if (firstOut === -1) return
      for (const job of jobs.slice(firstOut))
        if (run.has(job.id) && !job.forced)
          expect(job.running && (!anew || job.busy || job.stalled)).toBe(true)
    }
  )
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SpaceLedger, type SpaceNeed } from '../../src/space/space-ledger.ts'

const GIB = 1024 ** 3
const need = (bytes: number, volume = 'a'): SpaceNeed => ({ volume, bytes: () => bytes })

describe('the ledger of disk space', () => {
  test('two jobs of 6 GiB with 10 GiB free: the second has to wait, and is told for whom', () => {
    const ledger = new SpaceLedger()
    expect(ledger.reserve('one', [need(6 * GIB)], () => 10 * GIB)).toBeUndefined()
    const lacks = { volume: 'a', needed: 6 * GIB, free: 10 * GIB, reserved: 6 * GIB }
    expect(ledger.reserve('two', [need(6 * GIB)], () => 10 * GIB)).toEqual(lacks)
    // One that waits keeps no space from others.
    expect(ledger.reserve('three', [need(4 * GIB)], () => 10 * GIB)).toBeUndefined()
    ledger.release('one')
    expect(ledger.reserve('two', [need(6 * GIB)], () => 10 * GIB)).toBeUndefined()
    expect(ledger.reserved('a')).toBe(10 * GIB)
  })

  test('what a job has written is no longer reserved, and no longer free', () => {
    const ledger = new SpaceLedger()
    let left = 6 * GIB
    ledger.reserve('one', [{ volume: 'a', bytes: () => left }], () => 10 * GIB)
    left = 1 * GIB
    expect(ledger.reserve('two', [need(5 * GIB)], () => 5 * GIB)).toMatchObject({
      reserved: GIB,
      free: 5 * GIB
    })
    expect(ledger.reserve('two', [need(4 * GIB)], () => 5 * GIB)).toBeUndefined()
    left = 0
    expect(ledger.jobsOn('a')).toEqual(['two'])
  })

  test('each disk has an account of its own; a job on two needs both', () => {
    const ledger = new SpaceLedger()
    const free = (volume: string): number => (volume === 'a' ? 10 : 5)
    expect(ledger.reserve('one', [need(6, 'a'), need(6, 'b')], free)).toMatchObject({
      volume: 'b',
      needed: 6
    })
    expect([ledger.reserved('a'), ledger.volumes()]).toEqual([0, []])
    expect(ledger.reserve('one', [need(6, 'a'), need(4, 'a')], free)).toBeUndefined()
    expect(ledger.reserved('a')).toBe(10)
  })

  test('a job that needs nothing more is never refused, however full the disk', () => {
    const ledger = new SpaceLedger()
    ledger.reserve('one', [need(10)], () => 10)
    expect(ledger.reserve('two', [need(0)], () => 0)).toBeUndefined()
  })

  test('whatever comes and goes, no more is promised than was free', () => {
    const step = fc.record({
      job: fc.constantFrom('1', '2', '3', '4'),
      bytes: fc.integer({ min: 0, max: 60 }),
      volume: fc.constantFrom('a', 'b'),
      ends: fc.boolean()
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ledger = new SpaceLedger()
        for (const { job, bytes, volume, ends } of steps) {
          if (ends) ledger.release(job)
          else ledger.reserve(job, [need(bytes, volume)], () => 100)
          for (const each of ['a', 'b']) expect(ledger.reserved(each)).toBeLessThanOrEqual(100)
        }
      })
    )
  })
})

import { fc, test as property } from '@fast-check/vitest'
import { expect, test } from 'vitest'
import { ReadWindow } from '../../src/reading/read-window.ts'

const MIB = 1024 * 1024

test('the next byte is due now, what follows as it is read; the latest due is told first', () => {
  const window = new ReadWindow(100 * MIB)
  const wishes = window.wishes(500, 0)
  expect(wishes.map(({ offset, dueIn }) => [offset, dueIn])).toEqual([
    [500 + 3 * MIB, 3000],
    [500 + 2 * MIB, 2000],
    [500 + MIB, 1000],
    [500, 0]
  ])
  // A faster reader needs more, and it sooner.
  const more = window.wishes(MIB, 4 * MIB)
  expect(window.wanted).toBe(17 * MIB)
  expect(more.at(-1)).toEqual({ offset: 500 + 4 * MIB, length: MIB, dueIn: 750 })
  expect(new ReadWindow(3).wishes(1, 0)).toEqual([{ offset: 1, length: 2, dueIn: 0 }])
  expect(new ReadWindow(0).wishes(0, 0)).toEqual([])
})

test('a reader who stops makes nothing more wanted; after renew the same is wanted again', () => {
  const window = new ReadWindow(100 * MIB)
  window.wishes(0, 1e9)
  expect(window.wanted).toBe(32 * MIB)
  for (let i = 0; i < 10; i++) expect(window.wishes(0, 0)).toEqual([])
  expect(window.wishes(MIB, 1e9)).toEqual([])
  window.renew()
  window.wishes(0, 0)
  expect(window.wanted).toBe(4 * MIB)
})

property.prop([
  fc.nat(200 * MIB),
  fc.array(fc.record({ step: fc.nat(9 * MIB), rate: fc.double({ min: 0, max: 1e9, noNaN: true }) }), {
    maxLength: 60
  })
])(
  'however one reads, each byte is wanted before it is read, once, and never more than a window ahead',
  (end, moves) => {
    const window = new ReadWindow(end)
    let at = 0
    let wanted = 0
    for (const { step, rate } of moves) {
      const wishes = window.wishes(at, rate).reverse()
      for (const { offset, length, dueIn } of wishes) {
        expect(offset).toBe(Math.max(wanted, at))
        expect(dueIn).toBeGreaterThanOrEqual(0)
        wanted = offset + length
      }
      expect(wishes.length).toBeLessThanOrEqual(32)
      expect(window.wanted).toBeLessThanOrEqual(Math.min(end, at + 32 * MIB))
      if (at < end) expect(window.wanted).toBeGreaterThan(at)
      at = Math.min(end, at + step)
    }
  }
)

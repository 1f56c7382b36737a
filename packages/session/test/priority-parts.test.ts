import { pieceIndex } from '@p2pshare/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { priorityParts } from '../src/wishes/priority-parts.ts'

const runs = fc.array(
  fc.record({ count: fc.integer({ min: 1, max: 40 }), priority: fc.constantFrom<0 | 1 | 2 | 3>(0, 1, 2, 3) }),
  {
    minLength: 1,
    maxLength: 20
  }
)

test('parts say together what the ranges say, none of more pieces than may be, what is wanted first', () => {
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 50 }), (list, most) => {
      let start = 0
      const ranges = list.map((run) => {
        const range = { ...run, start: pieceIndex(start) }
        start += run.count
        return range
      })
      const said = new Map<number, number>()
      let skips = false
      for (const part of priorityParts(ranges, most)) {
        expect(part.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(most)
        for (const range of part) {
          if (range.priority === 0) skips = true
          else expect(skips).toBe(false)
          for (let i = 0; i < range.count; i++) {
            expect(said.has(range.start + i)).toBe(false)
            said.set(range.start + i, range.priority)
          }
        }
      }
      expect(said.size).toBe(start)
      for (const { start: first, count, priority } of ranges)
        for (let i = 0; i < count; i++) expect(said.get(first + i)).toBe(priority)
    })
  )
})

import { Bitfield } from '@p2pshare/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { canonicalRuns, encodeFrame, pieceDeltas, runsOf, WIRE_LIMITS } from '@p2pshare/wire'
import { bitfieldOf, fromGaps, runsMeet, toGaps } from '../src/piece-runs.ts'

const pieces = fc.uniqueArray(fc.nat(600), { maxLength: 200 })

test('runs of pieces in any order are those of the bit set', () => {
  fc.assert(
    fc.property(pieces, (list) => {
      const field = new Bitfield(601)
      for (const piece of list) field.set(piece)
      expect(runsOf(list)).toEqual([...field.runs()])
      expect(bitfieldOf(runsOf(list), 601).toBytes()).toEqual(field.toBytes())
      expect(fromGaps(toGaps(runsOf(list)), 601)).toEqual(runsOf(list))
    })
  )
})

test('overlapping runs are joined', () => {
  const runs = [
    { start: 5, count: 10 },
    { start: 0, count: 2 },
    { start: 7, count: 2 },
    { start: 15, count: 1 }
  ]
  expect(canonicalRuns(runs)).toEqual([
    { start: 0, count: 2 },
    { start: 5, count: 11 }
  ])
})

test('runsMeet agrees with the sets', () => {
  fc.assert(
    fc.property(pieces, pieces, (a, b) => {
      expect(runsMeet(runsOf(a), runsOf(b))).toBe(a.some((piece) => b.includes(piece)))
    })
  )
})

test('a scattered change of a whole share is cut into frames that fit', () => {
  const even = Array.from({ length: 20_000 }, (_, i) => 2 * i + WIRE_LIMITS.pieces - 50_000)
  const odd = even.map((piece) => piece + 1)
  const messages = pieceDeltas(3, even, odd)
  expect(messages.length).toBe(Math.ceil(40_000 / WIRE_LIMITS.deltaRuns))
  for (const message of messages)
    expect(encodeFrame(message).byteLength).toBeLessThanOrEqual(WIRE_LIMITS.controlFrame)
  expect(pieceDeltas(3, [], [])).toEqual([])
})

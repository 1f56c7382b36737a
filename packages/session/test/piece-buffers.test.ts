import { pieceIndex } from '@p2pshare/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PieceBuffers } from '../src/fetching/piece-buffers.ts'

const piece = pieceIndex(3)
const SIZE = 64

/** Fills a target as a link does, then tells that the answer is whole. */
function answer(buffers: PieceBuffers, offset: number, length: number, value: number): void {
  const writer = buffers.writer(piece, 1, offset, length)
  writer.open().fill(value)
  writer.arrived()
  writer.ended()
}

describe('putting a piece together', () => {
  test('ranges from several answers make one block', () => {
    const buffers = new PieceBuffers(() => SIZE)
    answer(buffers, 0, 16, 1)
    answer(buffers, 32, 32, 3)
    answer(buffers, 16, 16, 2)
    expect([...buffers.seal(piece)]).toEqual([
      ...Array(16).fill(1),
      ...Array(16).fill(2),
      ...Array(32).fill(3)
    ])
  })

  test('a late answer cannot change what was sealed', () => {
    const buffers = new PieceBuffers(() => SIZE)
    const straggler = buffers.writer(piece, 1, 0, SIZE)
    const late = straggler.open()
    answer(buffers, 0, SIZE, 7)
    const sealed = buffers.seal(piece)
    late.fill(9)
    straggler.arrived()
    expect(sealed.every((byte) => byte === 7)).toBe(true)
    expect(buffers.seal(piece).every((byte) => byte === 7)).toBe(true)
  })

  test('a straggler of another range, left behind by a copy, still counts when it is whole', () => {
    const buffers = new PieceBuffers(() => SIZE)
    const slow = buffers.writer(piece, 1, 32, 32)
    const slowTarget = slow.open()
    const first = buffers.writer(piece, 1, 0, 32)
    first.open()
    answer(buffers, 0, 32, 1)
    slowTarget.fill(2)
    slow.arrived()
    expect([...buffers.seal(piece)]).toEqual([...Array(32).fill(1), ...Array(32).fill(2)])
  })

  test('an answer with several small pieces fills each', () => {
    const buffers = new PieceBuffers((p) => p + 1)
    const writer = buffers.writer(piece, 3, 0, 4 + 5 + 6)
    writer.open().set([...Array(4).fill(1), ...Array(5).fill(2), ...Array(6).fill(3)])
    writer.arrived()
    expect([...buffers.seal(pieceIndex(4))]).toEqual(Array(5).fill(2))
    expect(buffers.bytes).toBe(15)
  })

  test('released memory is reused, but never while somebody may write it', () => {
    const buffers = new PieceBuffers(() => SIZE)
    answer(buffers, 0, SIZE, 1)
    const first = buffers.seal(piece)
    buffers.release(piece)
    expect(buffers.bytes).toBe(0)
    answer(buffers, 0, SIZE, 2)
    expect(buffers.seal(piece)).toBe(first)
  })

  test('whatever the order of overlapping answers, the sealed bytes are those of whole answers', () => {
    const range = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 200 }), fc.boolean())
    fc.assert(
      fc.property(fc.array(range, { minLength: 1, maxLength: 12 }), (answers) => {
        const buffers = new PieceBuffers(() => SIZE)
        const open = answers.map(([slot, value, whole]) => {
          const writer = buffers.writer(piece, 1, slot * 16, 16)
          return { writer, target: writer.open(), slot, value, whole }
        })
        const whole = new Map<number, Set<number>>()
        for (const { writer, target, slot, value, whole: isWhole } of open) {
          if (!isWhole) continue
          target.fill(value)
          writer.arrived()
          whole.set(slot, (whole.get(slot) ?? new Set()).add(value))
        }
        const sealed = buffers.seal(piece).slice()
        for (const { target, whole: isWhole } of open) if (!isWhole) target.fill(255)
        const after = buffers.seal(piece)
        expect([...after]).toEqual([...sealed])
        for (const [slot, values] of whole) {
          const bytes = new Set(sealed.subarray(slot * 16, slot * 16 + 16))
          expect(bytes.size).toBe(1)
          expect(values.has([...bytes][0] ?? -1)).toBe(true)
        }
      })
    )
  })
})

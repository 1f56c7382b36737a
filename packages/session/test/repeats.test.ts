import { pieceIndex } from '@p2pshare/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Repeats } from '../src/fetching/repeats.ts'

/** A layout whose pieces have these digests: the numbers, each at both ends of 32 bytes. */
function layoutOf(digests: readonly { head: number; tail: number }[]) {
  const bytes = digests.map(({ head, tail }) => {
    const digest = new Uint8Array(32)
    digest.set([255, head, head, 255])
    digest[31] = tail
    return digest
  })
  return { pieceCount: bytes.length, digest: (piece: number) => bytes[piece] ?? new Uint8Array(32) }
}

test('are the other pieces of the same digest, whatever else begins like it; each set once', () => {
  const digest = fc.record({ head: fc.nat(3), tail: fc.nat(3) })
  fc.assert(
    fc.property(fc.array(digest, { maxLength: 60 }), (digests) => {
      const repeats = new Repeats(layoutOf(digests))
      const seen = new Set<string>()
      for (const [piece, { head, tail }] of digests.entries()) {
        const name = `${head} ${tail}`
        const others = digests.flatMap((other, i) =>
          i !== piece && other.head === head && other.tail === tail ? [i] : []
        )
        const expected = seen.has(name) ? [] : others
        expect(repeats.take(pieceIndex(piece)).sort((a, b) => a - b)).toEqual(expected)
        seen.add(name)
      }
    })
  )
})

test('a million pieces of zeros, or that only begin alike, are sorted in bounded time', () => {
  const same = new Repeats({ pieceCount: 1_000_000, digest: () => new Uint8Array(32) })
  expect(same.take(pieceIndex(5))).toHaveLength(999_999)
  expect(same.take(pieceIndex(5))).toEqual([])
  const digest = new Uint8Array(32)
  const view = new DataView(digest.buffer)
  const alike = new Repeats({
    pieceCount: 200_000,
    digest: (piece) => {
      view.setUint32(28, piece)
      return digest.slice()
    }
  })
  expect(alike.take(pieceIndex(5))).toEqual([])
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CandidateBook } from '../../src/exchange/candidate-book.ts'

describe('candidate book', () => {
  test('a peer is news once, and again with a newer record', () => {
    const book = new CandidateBook(10)
    expect(book.add('t', 'p', 5n)).toBe(true)
    expect(book.add('t', 'p', 5n)).toBe(false)
    expect(book.add('u', 'p', 4n)).toBe(false)
    expect(book.add('u', 'p', 2n ** 64n - 1n)).toBe(true)
    expect(book.size).toBe(1)
  })

  test('a teller of a million invented peers crowds out only its own', () => {
    const book = new CandidateBook(200)
    for (let i = 0; i < 20; i++) book.add('honest', `h${i}`, 1n)
    for (let i = 0; i < 1_000_000; i++) book.add('evil', `e${i}`, 1n)
    for (let i = 0; i < 20; i++) expect(book.add('honest', `h${i}`, 1n)).toBe(false)
    // A newcomer finds room, though the book is full.
    expect(book.add('late', 'l', 1n)).toBe(true)
    expect(book.add('evil', 'e1000001', 1n)).toBe(true)
    expect(book.add('late', 'l', 1n)).toBe(false)
    expect(book.size).toBe(200)
    book.checkInvariants()
  })

  test('bounded and well counted, whoever tells what', () => {
    const word = fc.tuple(fc.nat(6), fc.nat(60), fc.bigInt({ min: 0n, max: 3n }))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.array(word, { maxLength: 200 }), (most, words) => {
        const book = new CandidateBook(most)
        for (const [teller, peer, sequence] of words) {
          book.add(`t${teller}`, `p${peer}`, sequence)
          book.checkInvariants()
          expect(book.add(`t${teller}`, `p${peer}`, sequence)).toBe(false)
        }
      }),
      { numRuns: 300 }
    )
  })
})

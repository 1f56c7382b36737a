import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { REACH } from '../../src/limits/index.ts'
import { AddressBook } from '../../src/reach/address-book.ts'

const A = '/ip4/5.5.1.2/tcp/4001'
const B = '/ip4/5.5.1.3/tcp/4001'

function bookWith(...addresses: string[]): AddressBook {
  const book = new AddressBook()
  book.offer('listen', addresses)
  return book
}

test('an address is told only after somebody dialled it', () => {
  const book = bookWith(A, B)
  expect(book.verified(0)).toEqual([])
  expect(book.conditions(0)[0]).toEqual({ address: A, origin: 'listen', verified: 'pending' })
  book.note(B, 'x', true, 0)
  expect(book.verified(0)).toEqual([B])
  expect(book.conditions(0).map(({ verified }) => verified)).toEqual(['yes', 'pending'])
  book.note(A, 'x', false, 0)
  expect(book.conditions(0).at(-1)).toEqual({ address: A, origin: 'listen', verified: 'no' })
})

describe('one liar', () => {
  test('who says that it works is outvoted by the next who tries', () => {
    const book = bookWith(A)
    book.note(A, 'liar', true, 0)
    expect(book.isVerified(A, 0)).toBe(true)
    book.note(A, 'honest', false, 1)
    expect(book.isVerified(A, 1)).toBe(false)
  })

  test('who says that it does not work is outvoted likewise', () => {
    const book = bookWith(A)
    book.note(A, 'honest', true, 0)
    book.note(A, 'liar', false, 1)
    book.note(A, 'third', true, 2)
    expect(book.isVerified(A, 2)).toBe(true)
  })

  test('has one voice, however many peers it has', () => {
    const book = bookWith(A)
    for (let i = 0; i < 100; i++) book.note(A, 'liar', false, i)
    book.note(A, 'one', true, 100)
    book.note(A, 'two', true, 101)
    expect(book.isVerified(A, 101)).toBe(true)
  })
})

test('what was found counts for a time, and is asked again before that', () => {
  const book = bookWith(A)
  book.note(A, 'x', true, 0)
  expect(book.due('x', 1)).toEqual([])
  expect(book.due('x', REACH.renewal)).toEqual([A])
  expect(book.isVerified(A, REACH.memory)).toBe(false)
  book.note(A, 'x', false, REACH.memory)
  expect(book.due('x', REACH.memory + REACH.retry - 1)).toEqual([])
  expect(book.due('x', REACH.memory + REACH.retry)).toEqual([A])
})

test('some others are asked too, not all', () => {
  const book = bookWith(A)
  for (let i = 0; i < REACH.opinions; i++) {
    expect(book.due(`block ${i}`, i)).toEqual([A])
    book.note(A, `block ${i}`, true, i)
  }
  expect(book.due('another', 100)).toEqual([])
  expect(book.due('another', REACH.renewal + 100)).toEqual([A])
})

test('the least known address is asked about first', () => {
  const book = bookWith(A, B)
  book.note(A, 'x', true, 0)
  expect(book.due('y', 0)).toEqual([B, A])
})

test('a candidate that is gone is forgotten; the best origin names one that several gave', () => {
  const book = bookWith(A)
  book.note(A, 'x', true, 0)
  book.offer('observed', [A, B])
  book.offer('mapped', [B])
  expect(book.conditions(0)).toEqual([
    { address: A, origin: 'listen', verified: 'yes' },
    { address: B, origin: 'mapped', verified: 'pending' }
  ])
  book.offer('listen', [])
  expect(book.verified(0)).toEqual([])
  book.note(A, 'x', true, 0)
  expect(book.verified(0)).toEqual([])
})

property.prop([
  fc.array(fc.tuple(fc.constantFrom(A, B), fc.nat(200), fc.boolean(), fc.nat(10)), { maxLength: 300 })
])('memory is bounded, and every verified address was said to work by somebody', (notes) => {
  const book = new AddressBook()
  book.offer(
    'observed',
    Array.from({ length: 100 }, (_, i) => `/ip4/5.5.2.${i}/tcp/1`)
  )
  expect(book.conditions(0)).toHaveLength(REACH.maxCandidates)
  book.offer('observed', [A, B])
  const worked = new Set<string>()
  let now = 0
  for (const [address, block, works, wait] of notes) {
    now += wait
    if (works) worked.add(address)
    book.note(address, String(block), works, now)
  }
  for (const address of book.verified(now)) expect(worked.has(address)).toBe(true)
})

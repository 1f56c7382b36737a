import { MINUTE, millis } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { RELAY } from '../../src/limits/index.ts'
import { Allowance, CircuitBook, type CircuitEnds } from '../../src/relay/circuit-book.ts'

const now = millis(5)

function ends(source: string, target: string, sourceBlock?: string): CircuitEnds {
  return { source, target, sourceBlock, targetBlock: undefined }
}

/** Opens so many, with ends by their number; answers those that are open, and what the last word was. */
function openSome(book: CircuitBook, count: number, make: (i: number) => CircuitEnds) {
  const open: CircuitEnds[] = []
  let last = ''
  for (let i = 0; i < count; i++) {
    const each = make(i)
    last = book.open(each, 100, now)
    if (last === 'opened') open.push(each)
  }
  return { open, last }
}

test.each<[string, number, (i: number) => CircuitEnds]>([
  ['begun by one peer', RELAY.circuitsPerSource, (i) => ends('one', `other ${i}`)],
  ['to one peer', RELAY.circuitsPerTarget, (i) => ends(`other ${i}`, 'one')],
  ['of one peer to another', RELAY.circuitsPerPair, () => ends('one', 'other')]
])('there are so many circuits %s', (_, most, make) => {
  const book = new CircuitBook()
  const { open, last } = openSome(book, 30, make)
  expect([open.length, last]).toEqual([most, 'circuits'])
  for (const each of open) book.close(each)
  expect(book.size).toBe(0)
  expect(openSome(book, 1, make).last).toBe('opened')
})

test('there are so many circuits in all', () => {
  const book = new CircuitBook()
  for (let i = 0; i < 5; i++) expect(book.open(ends(`s${i}`, `t${i}`), 5, now)).toBe('opened')
  expect(book.open(ends('s', 't'), 5, now)).toBe('circuits')
})

test('one address block cannot take up all that lead to a peer, whatever peers it has', () => {
  const { open, last } = openSome(new CircuitBook(), 30, (i) => ends(`s${i}`, 'target', '5.5.5.5'))
  expect([open.length, last]).toEqual([RELAY.circuitsPerTargetOfBlock, 'address-block'])
})

test('one address block begins so many, whatever peers it has', () => {
  const book = new CircuitBook()
  for (let i = 0; i < RELAY.circuitsPerBlock; i++)
    expect(book.open(ends(`s${i}`, `t${i}`, '5.5.5.5'), 100, now)).toBe('opened')
  expect(book.open(ends('s', 't', '5.5.5.5'), 100, now)).toBe('address-block')
  expect(book.open(ends('s', 't', '6.6.6.6'), 100, now)).toBe('opened')
})

test('thousands that are opened and closed at once: so many a minute', () => {
  const book = new CircuitBook()
  let opened = 0
  for (let i = 0; i < 5000; i++) {
    const each = ends(`s${i}`, `t${i}`)
    if (book.open(each, 100, now) === 'opened') opened++
    book.close(each)
  }
  expect(opened).toBe(RELAY.circuitsPerMinute)
  expect(book.open(ends('s', 't'), 100, millis(now + MINUTE))).toBe('opened')
})

test('an allowance refills with time, up to a minute of it', () => {
  const allowance = new Allowance(60)
  const take = (at: number, count: number): number =>
    Array.from({ length: count }, () => allowance.take(millis(at))).filter(Boolean).length
  expect([take(0, 100), take(999, 10), take(1000, 10), take(10 * MINUTE, 100)]).toEqual([60, 0, 1, 60])
})

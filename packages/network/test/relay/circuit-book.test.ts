import { MINUTE, millis } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { RELAY } from '../../src/limits/index.ts'
import { Allowance, CircuitBook, type CircuitEnds } from '../../src/relay/circuit-book.ts'

const now = millis(5)

function ends(source: string, target: string, sourceBlock?: string): CircuitEnds {
  return { source, target, sourceBlock, targetBlock: undefined }
}

test('a peer has so many circuits, at either end, and the relay so many in all', () => {
  const book = new CircuitBook()
  const open = Array.from({ length: RELAY.circuitsPerPeer }, (_, i) =>
    i % 2 === 0 ? ends('one', `other ${i}`) : ends(`other ${i}`, 'one')
  )
  for (const each of open) expect(book.open(each, 100, now)).toBe('opened')
  expect(book.open(ends('one', 'more'), 100, now)).toBe('circuits')
  expect(book.open(ends('more', 'one'), 100, now)).toBe('circuits')
  expect(book.open(ends('two', 'three'), open.length, now)).toBe('circuits')
  for (const each of open) book.close(each)
  expect(book.size).toBe(0)
  expect(book.open(ends('one', 'more'), 100, now)).toBe('opened')
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

import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, test } from 'vitest'
import { type QueueMove, reordered } from '../../src/index.ts'

/** Letters; a capital one does not stand in the queue. */
const moved = (order: string, id: string, move: QueueMove): string =>
  reordered(order.split(''), (each) => each === each.toLowerCase(), id, move).join('')

describe('reordered', () => {
  test.each<[string, string, QueueMove, string]>([
    ['abc', 'c', 'first', 'cab'],
    ['abc', 'a', 'last', 'bca'],
    ['abc', 'c', 'up', 'acb'],
    ['abc', 'a', 'down', 'bac'],
    ['abc', 'a', 2, 'bac'],
    ['abc', 'c', 1, 'cab'],
    ['abc', 'a', 'up', 'abc'],
    ['abc', 'c', 'down', 'abc'],
    ['abc', 'b', 99, 'acb'],
    ['abc', 'b', 0, 'bac'],
    ['a', 'a', 'last', 'a']
  ])('%s: %s goes %s', (order, id, move, after) => expect(moved(order, id, move)).toBe(after))

  test('those that do not stand in the queue are passed over, and keep their neighbours', () => {
    expect(moved('aXbc', 'c', 'up')).toBe('aXcb')
    expect(moved('aXb', 'b', 'up')).toBe('baX')
    expect(moved('abX', 'a', 'last')).toBe('baX')
    expect(moved('XYa', 'a', 'first')).toBe('aXY')
  })

  property.prop([
    fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'F', 'G', 'H'), { minLength: 1 }),
    fc.nat(7),
    fc.oneof(fc.constantFrom<QueueMove>('first', 'last', 'up', 'down'), fc.integer({ min: -2, max: 12 }))
  ])('loses nobody, and leaves the others in their order', (order, index, move) => {
    const id = order[index % order.length] ?? ''
    const after = moved(order.join(''), id, move)
    expect(after.split('').filter((each) => each !== id)).toEqual(order.filter((each) => each !== id))
    expect(after).toContain(id)
  })
})

import { expect, test } from 'vitest'
import { LatelyTold } from '../../src/dht/lately-told.ts'

test('a text is new once within its time, and again later', () => {
  const told = new LatelyTold(100, 1000)
  expect(told.isNew('a', 5000)).toBe(true)
  expect(told.isNew('a', 5100)).toBe(false)
  expect(told.isNew('b', 5200)).toBe(true)
  expect(told.isNew('a', 9000)).toBe(true)
})

test('so many texts are remembered, and not more than twice as many', () => {
  const told = new LatelyTold(10, 1e9)
  for (let i = 0; i < 25; i++) told.isNew(`${i}`, 0)
  expect(told.isNew('24', 0)).toBe(false)
  expect(told.isNew('0', 0)).toBe(true)
})

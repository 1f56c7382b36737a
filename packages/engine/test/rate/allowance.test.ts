import { millis } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { Allowance } from '../../src/index.ts'

test('so much at once, the rest as time passes, never more than the whole', () => {
  const allowance = new Allowance(10, 1000, millis(0))
  expect(allowance.spend(10, millis(0))).toBe(true)
  expect(allowance.spend(1, millis(99))).toBe(false)
  expect(allowance.spend(1, millis(100))).toBe(true)
  expect(allowance.spend(11, millis(1_000_000))).toBe(false)
  expect(allowance.isWhole(millis(1_000_000))).toBe(true)
  expect(allowance.spend(10, millis(1_000_000))).toBe(true)
  expect(allowance.isWhole(millis(1_000_999))).toBe(false)
  expect(allowance.isWhole(millis(1_001_000))).toBe(true)
})

test('a clock that steps back gives nothing', () => {
  const allowance = new Allowance(2, 1000, millis(5000))
  expect(allowance.spend(2, millis(5000))).toBe(true)
  expect(allowance.spend(1, millis(4000))).toBe(false)
})

import { GiB, HOUR, MiB } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { RELAY } from '../../src/limits/index.ts'
import { ByteBudget } from '../../src/relay/byte-budget.ts'

const noon = Date.UTC(2026, 0, 31, 12)

test('is spent, and begins anew with the next day', () => {
  const budget = new ByteBudget({ bytes: GiB, period: 'day' }, noon)
  budget.spend(GiB - 1, [], noon)
  expect(budget.left(noon)).toBe(1)
  budget.spend(100, [], noon)
  expect(budget.left(noon)).toBe(0)
  expect(budget.resetsAt(noon)).toBe(Date.UTC(2026, 1, 1))
  expect(budget.left(noon + 12 * HOUR - 1)).toBe(0)
  expect(budget.left(noon + 12 * HOUR)).toBe(GiB)
})

test('a month is a calendar month, and the last of a year ends with the year', () => {
  const budget = new ByteBudget({ bytes: 10, period: 'month' }, noon)
  budget.spend(10, [], noon)
  expect([budget.left(Date.UTC(2026, 0, 31, 23)), budget.left(Date.UTC(2026, 1, 1))]).toEqual([0, 10])
  expect(budget.resetsAt(Date.UTC(2026, 11, 31))).toBe(Date.UTC(2027, 0, 1))
})

test('goes on after a restart within its period, and not with what was left over', () => {
  const before = new ByteBudget({ bytes: 100, period: 'day' }, noon)
  before.spend(60, [], noon)
  const state = before.state(noon)
  const same = new ByteBudget({ bytes: 100, period: 'day' }, noon + HOUR, state)
  expect(same.left(noon + HOUR)).toBe(40)
  const later = new ByteBudget({ bytes: 100, period: 'day' }, noon + 24 * HOUR, state)
  expect(later.left(noon + 24 * HOUR)).toBe(100)
  // A clock that was wrong by a year, and is set right.
  const wrong = new ByteBudget({ bytes: 100, period: 'day' }, noon - 365 * 24 * HOUR, state)
  expect(wrong.left(noon - 365 * 24 * HOUR)).toBe(100)
})

test('another bound counts what is spent; another period begins anew; none has no end', () => {
  const budget = new ByteBudget({ bytes: 100, period: 'day' }, noon)
  budget.spend(60, [], noon)
  budget.change({ bytes: 50, period: 'day' }, noon)
  expect(budget.left(noon)).toBe(0)
  budget.change({ bytes: null, period: 'day' }, noon)
  expect(budget.left(noon)).toBe(Number.POSITIVE_INFINITY)
  budget.change({ bytes: 50, period: 'month' }, noon)
  expect(budget.left(noon)).toBe(50)
})

test('one user has a part of it, also when there are thousands', () => {
  const budget = new ByteBudget({ bytes: 100 * MiB, period: 'day' }, noon)
  budget.spend(20 * MiB, ['greedy'], noon)
  expect(budget.leftFor('greedy', 1 / 4, noon)).toBe(5 * MiB)
  expect(budget.leftFor('other', 1 / 4, noon)).toBe(25 * MiB)
  for (let i = 0; i < RELAY.maxUsers - 2; i++) budget.spend(1, [`user ${i}`], noon)
  expect(budget.leftFor('greedy', 1 / 4, noon)).toBe(5 * MiB)
  budget.spend(10 * MiB, ['greedy'], noon)
  expect(budget.leftFor('greedy', 1 / 4, noon)).toBe(0)
})

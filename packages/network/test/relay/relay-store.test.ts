import { expect, test } from 'vitest'
import { RELAY_DEFAULTS, RelayStore } from '../../src/relay/relay-store.ts'
import { memoryValues } from '../support/memory-values.ts'

const budget = { bytes: 1000, period: 'month' } as const

test('nothing said: signals once others can reach the node, and a budget should data be switched on', () => {
  expect(new RelayStore(memoryValues(), {}).settings()).toEqual(RELAY_DEFAULTS)
  expect(RELAY_DEFAULTS.choice).toBe('auto')
})

test('what was set by hand holds over restarts, until the configuration says something else', () => {
  const values = memoryValues()
  const first = new RelayStore(values, { choice: 'signals', rate: 500 })
  first.keep({ choice: 'data', budget, rate: null })
  first.keep({ places: 7 })
  const same = new RelayStore(values, { choice: 'signals', rate: 500 })
  expect(same.settings()).toEqual({ choice: 'data', budget, rate: null, places: 7 })
  const changed = new RelayStore(values, { choice: 'off', rate: 500 })
  expect(changed.settings()).toEqual({ choice: 'off', budget, rate: null, places: 7 })
  changed.keep({ rate: 9 })
  expect(new RelayStore(values, { choice: 'off', rate: 500 }).settings().choice).toBe('off')
})

test('a configuration that changes while running counts where it changed', () => {
  const values = memoryValues()
  const store = new RelayStore(values, { choice: 'signals', rate: 500 })
  store.keep({ choice: 'data', rate: 7 })
  store.configure({ choice: 'signals', rate: 600 })
  expect(store.settings()).toMatchObject({ choice: 'data', rate: 600 })
  store.keep({ rate: 8 })
  const again = new RelayStore(values, { choice: 'signals', rate: 600 })
  expect(again.settings()).toMatchObject({ choice: 'data', rate: 8 })
})

test.each([
  '',
  '{',
  '[]',
  'null',
  '{"change":7}',
  '{"change":{"choice":"all","rate":-1,"budget":{"bytes":"x"}}}'
])('damaged (%s): as if it had never been set', (text) => {
  const values = memoryValues()
  values.put('settings', new TextEncoder().encode(text))
  values.put('data', new TextEncoder().encode(text))
  const store = new RelayStore(values, {})
  expect(store.settings()).toEqual(RELAY_DEFAULTS)
  expect(store.budget('data')).toBeUndefined()
})

test('how far a budget is used is kept', () => {
  const values = memoryValues()
  new RelayStore(values, {}).keepBudget('data', { start: 5, spent: 77 })
  expect(new RelayStore(values, {}).budget('data')).toEqual({ start: 5, spent: 77 })
  expect(new RelayStore(values, {}).budget('signals')).toBeUndefined()
})

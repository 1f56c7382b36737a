import { expect, test } from 'vitest'
import { ENOUGH_PEERS, provisionKind, searchPause } from '../../src/index.ts'

test('a swarm is thin while peers are few or a piece is with nobody, not only while there is nobody', () => {
  expect(provisionKind({ useful: 0, covered: true })).toBe('alone')
  expect(provisionKind({ useful: 1, covered: true })).toBe('thin')
  expect(provisionKind({ useful: 30, covered: false })).toBe('thin')
  expect(provisionKind({ useful: ENOUGH_PEERS, covered: true })).toBe('enough')
})

test('pauses double up to their longest, and are shorter the more peers are needed', () => {
  const pauses = (kind: 'alone' | 'thin' | 'enough'): number[] =>
    [1, 2, 3, 30].map((n) => searchPause(kind, n) / 1000)
  expect(pauses('alone')).toEqual([2, 4, 8, 60])
  expect(pauses('thin')).toEqual([10, 20, 40, 120])
  expect(pauses('enough')).toEqual([120, 240, 480, 900])
  expect(searchPause('alone', 0)).toBe(2000)
})

import { randomPositions } from '../support/random-positions.ts'
import { expect, test } from 'vitest'
import { NetworkSize } from '../../src/dht/network-size.ts'

/** The 20 closest of `servers` to a target, as a lookup finds them. */
function closest(servers: readonly bigint[], target: bigint, count = 20): bigint[] {
  return servers
    .map((position) => ({ position, distance: position ^ target }))
    .sort((a, b) => (a.distance < b.distance ? -1 : 1))
    .slice(0, count)
    .map(({ position }) => position)
}

test.each([
  [100, 1],
  [1_000, 2],
  [10_000, 3]
])('%d servers are estimated within a fifth after 16 lookups', (count, seed) => {
  const servers = randomPositions(count, seed)
  const size = new NetworkSize()
  for (const target of randomPositions(16, seed + 100)) size.learn(target, closest(servers, target), 0)
  expect(size.estimate).toBeGreaterThan(count * 0.8)
  expect(size.estimate).toBeLessThan(count * 1.2)
})

test('the stated error is that of many networks: 24 % for one lookup, 6 % for 16, and no bias', () => {
  const ratios = { 1: [] as number[], 16: [] as number[] }
  for (let seed = 0; seed < 60; seed++) {
    const servers = randomPositions(500, seed)
    const size = new NetworkSize()
    for (const [i, target] of randomPositions(16, seed + 1000).entries()) {
      size.learn(target, closest(servers, target), 0)
      if (i === 0) ratios[1].push((size.estimate ?? 0) / 500)
    }
    ratios[16].push((size.estimate ?? 0) / 500)
  }
  expect(mean(ratios[1])).toBeCloseTo(1, 0)
  expect(deviation(ratios[1])).toBeLessThan(0.3)
  expect(mean(ratios[16])).toBeGreaterThan(0.96)
  expect(mean(ratios[16])).toBeLessThan(1.06)
  expect(deviation(ratios[16])).toBeLessThan(0.09)
})

test('a lookup that finds fewer than 20 has seen them all', () => {
  const size = new NetworkSize()
  expect(size.estimate).toBeUndefined()
  size.learn(5n, randomPositions(7, 1), 1)
  expect(size.estimate).toBe(8)
  size.learn(5n, [], 1)
  expect(size.estimate).toBeUndefined()
})

test('a crowd of hostile servers around one key moves the estimate little', () => {
  const servers = randomPositions(1000, 7)
  const size = new NetworkSize()
  for (const target of randomPositions(15, 8)) size.learn(target, closest(servers, target), 0)
  const before = size.estimate ?? 0
  const target = 12345n << 200n
  size.learn(
    target,
    Array.from({ length: 20 }, (_, i) => target ^ BigInt(i + 1)),
    0
  )
  expect(size.estimate).toBeGreaterThan(before * 0.9)
  expect(size.estimate).toBeLessThan(before * 1.2)
})

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const deviation = (values: readonly number[]): number =>
  Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)))

import { type Rng, seededRng } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { branchDepths, estimateSize, isCrowded, NetworkSize } from '../../src/dht/region.ts'
import { CROWD } from '../../src/limits/index.ts'

const draw = (rng: Rng): bigint => {
  let out = 0n
  for (let i = 0; i < 8; i++) out = (out << 32n) | BigInt(rng.uint32())
  return out
}

/** Distances of `size` servers, spread by chance, to a key. */
const distances = (size: number, rng: Rng): bigint[] =>
  Array.from({ length: size }, () => draw(rng)).sort((a, b) => (a < b ? -1 : 1))

test.each([100, 1000, 10_000])('the size of a network of %i is told from single lookups', (size) => {
  const rng = seededRng(size)
  const known = new NetworkSize()
  for (let i = 0; i < 32; i++) known.learn(distances(size, rng).slice(0, 20))
  expect(known.value).toBeGreaterThan(size * 0.8)
  expect(known.value).toBeLessThan(size * 1.25)
})

describe('the size of a network', () => {
  test('is not told before some lookups have been made', () => {
    const known = new NetworkSize()
    known.learn([1n])
    known.learn([1n])
    expect(known.value).toBeUndefined()
  })

  test('is exact where a lookup meets everybody', () => {
    const known = new NetworkSize()
    for (let i = 0; i < CROWD.fewestSamples; i++) known.learn([5n, 6n, 1n << 255n])
    expect(known.value).toBe(3)
  })

  test('is not moved by lies about a few keys', () => {
    const rng = seededRng(5)
    const known = new NetworkSize()
    for (let i = 0; i < 20; i++) known.learn(distances(1000, rng).slice(0, 20))
    for (let i = 0; i < 9; i++) known.learn(Array.from({ length: 20 }, (_, n) => BigInt(n + 1)))
    expect(known.value).toBeLessThan(1500)
  })
})

describe('a crowd around a key', () => {
  test('is seen when 20 lie closer than the closest of the others', () => {
    const rng = seededRng(7)
    const honest = distances(955, rng)
    const crowd = Array.from({ length: 45 }, () => draw(rng) % (honest[0] as bigint))
    expect(
      isCrowded(
        [...crowd, ...honest].sort((a, b) => (a < b ? -1 : 1)),
        1000
      )
    ).toBe(true)
  })

  test('is hardly ever seen where there is none', () => {
    const rng = seededRng(8)
    const alarms = Array.from({ length: 300 }, () => isCrowded(distances(1000, rng), 1000)).filter(Boolean)
    expect(alarms.length).toBeLessThanOrEqual(4)
  })

  test('cannot be told while the size is not known, or the network is small', () => {
    expect(isCrowded([1n, 2n], 1000)).toBe(false)
    expect(
      isCrowded(
        Array.from({ length: 20 }, (_, i) => BigInt(i)),
        undefined
      )
    ).toBe(false)
  })
})

test('a region begins where half of it holds ten to twenty servers', () => {
  expect(branchDepths(10)).toEqual([0, 1, 2])
  expect(branchDepths(1000)).toEqual([5, 6, 7])
  expect(branchDepths(estimateSize([1n << 200n]))).toEqual([14, 15, 16])
})

import { describe, expect, test } from 'vitest'
import { lowerBound, rankCorrelation } from './swarm-result.ts'

describe('the lower bound', () => {
  const peer = { up: 10, down: 40 }

  test('is the seeder, when it is the slowest', () => {
    expect(lowerBound(1000, 5, [peer, peer])).toBe(200)
  })

  test('is the slowest download', () => {
    expect(lowerBound(1000, 500, [peer, { up: 10, down: 4 }])).toBe(250)
  })

  test('is all upload together, when everyone passes on', () => {
    expect(lowerBound(1000, 20, [peer, peer, peer, peer])).toBe(4000 / 60)
  })
})

describe("Spearman's rank correlation", () => {
  test('is 1 and −1 for equal and opposite orders, whatever the distances', () => {
    expect(rankCorrelation([1, 2, 30], [0, 500, 501])).toBeCloseTo(1)
    expect(rankCorrelation([1, 2, 30], [3, 2, 1])).toBeCloseTo(-1)
  })

  test('gives equal values their mean rank', () => {
    // Ranks 0.5 0.5 2 and 0 1 2: 1.5 ÷ √(1.5 × 2).
    expect(rankCorrelation([1, 1, 2], [1, 2, 3])).toBeCloseTo(0.866, 3)
  })
})

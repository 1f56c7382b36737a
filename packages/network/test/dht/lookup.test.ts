import { describe, expect, test } from 'vitest'
import { Lookup, type LookupPeer, type LookupShape } from '../../src/dht/lookup.ts'

const SHAPE: LookupShape = { replicas: 3, paths: 1, concurrency: 2, maxRequests: 100 }

/** A peer at a distance from the target, which is 0. */
const at = (distance: number): LookupPeer => ({ name: `p${distance}`, position: BigInt(distance) })

const lookup = (
  start: readonly number[],
  shape: Partial<LookupShape> = {},
  self?: string
): Lookup<LookupPeer> => new Lookup(0n, start.map(at), { ...SHAPE, ...shape }, self)

const names = (peers: readonly LookupPeer[]): string[] => peers.map(({ name }) => name)

describe('a lookup', () => {
  test('asks the closest first, as many at a time as it may', () => {
    const walk = lookup([9, 5, 7])
    expect(names(walk.next())).toEqual(['p5', 'p7'])
    expect(walk.next()).toEqual([])
    walk.answered('p5', [])
    expect(names(walk.next())).toEqual(['p9'])
  })

  test('is over when the closest have answered, and not before', () => {
    const walk = lookup([50, 40, 30, 20])
    walk.next()
    expect(walk.answered('p20', [at(1), at(2), at(3)])).toBe(1)
    walk.failed('p30')
    expect(names(walk.next())).toEqual(['p1', 'p2'])
    expect(walk.answered('p1', [])).toBe(2)
    expect(walk.isOver).toBe(false)
    walk.answered('p2', [at(60)])
    walk.next()
    walk.answered('p3', [])
    expect(walk.isOver).toBe(true)
    expect(walk.next()).toEqual([])
    expect(names(walk.closest)).toEqual(['p1', 'p2', 'p3', 'p20'])
    expect(names(walk.unreachable)).toEqual(['p30'])
  })

  test('goes past those who fail, until nobody is left', () => {
    const walk = lookup([1, 2, 3])
    for (let asked = walk.next(); asked.length > 0; asked = walk.next())
      for (const peer of asked) walk.failed(peer.name)
    expect(walk.isOver).toBe(true)
    expect(walk.closest).toEqual([])
  })

  test('does not wait for the slow while others are there, and takes a late answer', () => {
    const walk = lookup([1, 2, 3, 4], { concurrency: 1 })
    walk.next()
    walk.slow('p1')
    expect(names(walk.next())).toEqual(['p2'])
    walk.answered('p2', [])
    expect(walk.answered('p1', [at(0)])).toBe(1)
    expect(names(walk.next())).toEqual(['p0'])
  })

  test('waits for the slow when too few have answered', () => {
    const walk = lookup([1, 2])
    walk.next()
    walk.answered('p2', [])
    walk.slow('p1')
    expect(walk.isOver).toBe(false)
    walk.failed('p1')
    expect(walk.isOver).toBe(true)
  })

  test('never asks itself, nor anybody twice', () => {
    const walk = lookup([4], {}, 'p1')
    walk.next()
    walk.answered('p4', [at(1), at(4), at(2), at(2)])
    expect(names(walk.next())).toEqual(['p2'])
  })

  test('keeps paths apart: who is met on one is not asked on another', () => {
    const walk = lookup([10, 20], { paths: 2, concurrency: 1, replicas: 2 })
    expect(names(walk.next())).toEqual(['p10', 'p20'])
    walk.answered('p10', [at(1), at(2)])
    walk.answered('p20', [at(1), at(3)])
    expect(names(walk.next())).toEqual(['p1', 'p3'])
    walk.answered('p1', [])
    walk.answered('p3', [])
    expect(names(walk.next())).toEqual(['p2'])
  })

  test('goes on when it is widened', () => {
    const walk = lookup([1, 2, 3, 4, 5], { concurrency: 9 })
    for (const peer of walk.next()) walk.answered(peer.name, [])
    expect(walk.isOver).toBe(true)
    walk.widen({ replicas: 5 })
    expect(names(walk.next())).toEqual(['p4', 'p5'])
  })

  test('asks nobody whom its shape does not admit', () => {
    const walk = lookup([9], { admits: (position) => position > 4n })
    walk.next()
    walk.answered('p9', [at(1), at(5)])
    expect(names(walk.next())).toEqual(['p5'])
  })

  test('ends after so many requests, whatever liars promise', () => {
    const walk = lookup([1_000_000], { maxRequests: 50, concurrency: 9 })
    let next = 900_000
    let asked = 0
    for (let peers = walk.next(); peers.length > 0; peers = walk.next()) {
      for (const { name } of peers) {
        asked++
        walk.answered(
          name,
          Array.from({ length: 20 }, () => at(next--))
        )
      }
    }
    expect(asked).toBe(50)
    expect(walk.isOver).toBe(true)
  })
})

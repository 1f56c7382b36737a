import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { move } from './model/moves.ts'
import { Player } from './model/player.ts'
import { replay, type SwarmCase, swarmProperty } from './model/property.ts'
import kept from './regression-seeds.json' with { type: 'json' }

describe('a swarm under any sequence of events', () => {
  test('keeps its invariants, its promises to the session, and completes with an honest seeder', () => {
    fc.assert(swarmProperty(150), { numRuns: 400 })
  })

  test('plays every case right that once failed', () => {
    for (const found of kept as SwarmCase[]) expect(replay(found).books.completions).toBeGreaterThan(0)
  })

  test('gives the same effects for the same seed and events', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 80, size: 'max' }), fc.integer(), (moves, seed) => {
        const runs = [new Player(seed), new Player(seed)].map((player) => {
          for (const m of moves) player.play(m)
          return player.log
        })
        expect(runs[0]).toEqual(runs[1])
      }),
      { numRuns: 50 }
    )
  })
})

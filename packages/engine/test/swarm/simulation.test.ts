import { KiB, MiB } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { type PeerPlan, SimulatedSwarm } from './simulated-swarm.ts'

const MBps = 1e6
const mib = (): number => MiB

function swarmOf(
  pieceCount: number,
  peers: PeerPlan[],
  size: (piece: number) => number = mib
): SimulatedSwarm {
  return new SimulatedSwarm({ pieceCount, size, peers })
}

describe('a swarm in virtual time', () => {
  test('keeps a peer of 100 MB/s at 50 ms busy', () => {
    const sim = swarmOf(1024, [{ name: 'fast', rate: 100 * MBps, rtt: 50 }])
    sim.run(60_000)
    const ideal = (1024 * MiB) / ((100 * MBps) / 1000)
    expect(sim.completeAt).toBeLessThan(ideal * 1.1)
    sim.swarm.checkInvariants()
  })

  test('uses all peers at once, each at its rate', () => {
    const rates = [40, 20, 10, 5]
    const sim = swarmOf(
      400,
      rates.map((r, i) => ({ name: `p${i}`, rate: r * MBps }))
    )
    sim.run(60_000)
    const ideal = (400 * MiB) / ((75 * MBps) / 1000)
    expect(sim.completeAt).toBeLessThan(ideal * 1.15)
    expect(sim.arrivedBytes).toBeLessThanOrEqual(sim.totalBytes * 1.05)
  })

  test('bans a peer after its second bad piece, and no honest one', () => {
    const sim = swarmOf(300, [
      { name: 'bad', rate: 10 * MBps, corrupt: () => true },
      { name: 'good1', rate: 1 * MBps },
      { name: 'good2', rate: 1 * MBps }
    ])
    sim.run(400_000)
    const strikes = sim.effects.filter((effect) => effect.kind === 'strike')
    expect(sim.completeAt).toBeDefined()
    expect([...sim.banned.keys()]).toEqual(['bad'])
    expect(strikes.length).toBeLessThanOrEqual(2)
    expect(strikes.every((effect) => effect.peer === 'bad')).toBe(true)
  })

  test('a peer that corrupts some pieces among many never costs an honest one its place', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const sim = new SimulatedSwarm({
        pieceCount: 60,
        size: mib,
        seed,
        peers: [
          { name: 'bad', rate: 3 * MBps, corrupt: (p) => p % 3 === 0, leavesAt: 9000 },
          { name: 'a', rate: 2 * MBps, leavesAt: 12_000 },
          { name: 'b', rate: 1 * MBps },
          { name: 'c', rate: 0.3 * MBps }
        ]
      })
      sim.run(400_000)
      expect(sim.completeAt, `seed ${seed}`).toBeDefined()
      const blamed = sim.effects.filter((effect) => effect.kind === 'strike').map((effect) => effect.peer)
      expect(blamed.filter((peer) => peer !== 'bad')).toEqual([])
    }
  })

  test('re-queues what a silent peer holds after 20 s and drops it after 60 s', () => {
    const sim = swarmOf(100, [
      { name: 'silent', rate: 5 * MBps, silentFrom: 1000 },
      { name: 'ok', rate: 1 * MBps }
    ])
    sim.run(300_000)
    expect(sim.completeAt).toBeLessThan(((100 * MiB) / MBps) * 1000 + 25_000)
    const dropped = sim.effects.find((effect) => effect.kind === 'drop-peer')
    expect(dropped).toMatchObject({ peer: 'silent', code: 'no-progress' })
    expect(sim.count('strike')).toBe(0)
  })

  test('the last pieces do not wait for a peer of 1 KiB/s', () => {
    const plans: PeerPlan[] = [{ name: 'ok', rate: 2 * MBps }]
    const clean = swarmOf(8, plans)
    clean.run(300_000)
    const sim = swarmOf(8, [{ name: 'crawl', rate: KiB }, ...plans])
    sim.run(300_000)
    expect(sim.completeAt).toBeLessThan((clean.completeAt ?? 0) + 20_000)
  })

  test('the endgame asks at most 5 % twice', () => {
    const sim = swarmOf(200, [
      { name: 'slow', rate: 0.2 * MBps },
      ...[1, 2, 3, 4].map((i) => ({ name: `p${i}`, rate: 10 * MBps }))
    ])
    sim.run(100_000)
    const { duplicateBytes } = sim.swarm.snapshot()
    expect(duplicateBytes).toBeGreaterThan(0)
    expect(duplicateBytes).toBeLessThanOrEqual(sim.totalBytes * 0.05)
    expect(sim.completeAt).toBeLessThan(8000)
  })

  test('a lying map is void after three refusals, and the honest seeder completes', () => {
    const sim = swarmOf(50, [
      { name: 'liar', rate: 10 * MBps, lacks: () => true },
      { name: 'seed', rate: 5 * MBps }
    ])
    sim.run(60_000)
    expect(sim.completeAt).toBeLessThan(2 * ((50 * MiB) / (5 * MBps)) * 1000)
    expect(sim.effects.filter((effect) => effect.kind === 'strike')).toEqual([
      { kind: 'strike', peer: 'liar', offence: 'false-claim', piece: expect.any(Number) }
    ])
  })

  test('peers with different parts, some leaving, still complete', () => {
    const sim = swarmOf(120, [
      { name: 'a', rate: 3 * MBps, pieces: (p) => p % 3 === 0 },
      { name: 'b', rate: 3 * MBps, pieces: (p) => p % 3 === 1 },
      { name: 'c', rate: 3 * MBps, pieces: (p) => p % 3 === 2 },
      { name: 'd', rate: 9 * MBps, leavesAt: 3000 }
    ])
    sim.run(120_000)
    expect(sim.completeAt).toBeDefined()
    for (const remote of sim.remotes.values()) expect(remote.delivered).toBeGreaterThan(MiB)
  })

  test('10,000 small pieces travel in few requests', () => {
    const sim = swarmOf(10_000, [{ name: 'a', rate: 20 * MBps }], (p) => 1000 + (p % 7) * 1000)
    sim.run(60_000)
    const least = sim.totalBytes / (256 * KiB)
    expect(sim.completeAt).toBeDefined()
    expect(sim.count('request')).toBeLessThan(least * 1.5 + 10)
  })

  test('a lying peer with small pieces is found by shorter runs', () => {
    const sim = swarmOf(
      600,
      [
        { name: 'half', rate: 20 * MBps, lacks: (p) => p % 100 === 0 },
        { name: 'slow', rate: 0.2 * MBps }
      ],
      () => 10_000
    )
    sim.run(120_000)
    expect(sim.completeAt).toBeDefined()
  })

  test('the same seed gives the same effects', () => {
    const run = (seed: number): string => {
      const sim = new SimulatedSwarm({
        pieceCount: 64,
        size: (p) => (p % 5 === 0 ? 3000 : MiB),
        seed,
        peers: [
          { name: 'a', rate: 5 * MBps, corrupt: (p) => p === 9 },
          { name: 'b', rate: 3 * MBps, pieces: (p) => p % 2 === 0 },
          { name: 'c', rate: 1 * MBps, leavesAt: 4000 }
        ]
      })
      sim.run(120_000)
      return JSON.stringify(sim.effects)
    }
    expect(run(7)).toBe(run(7))
    expect(run(7)).not.toBe(run(8))
  })

  test('seeks pieces that no peer has, ever more rarely', () => {
    const sim = swarmOf(20, [{ name: 'a', rate: 10 * MBps, pieces: (p) => p !== 13 }])
    sim.clock.advance(220_000)
    const seeks = sim.effects.filter((effect) => effect.kind === 'seek')
    expect(seeks.length).toBe(4)
    expect(seeks.every((effect) => effect.pieces.join() === '13')).toBe(true)
    expect(sim.completeAt).toBeUndefined()
  })
})

import { KiB, MiB } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { RequestBudget, type SwarmEffect, type SwarmEvent } from '../../src/index.ts'
import { Hand, only } from './hand-driven.ts'
import { SimulatedSwarm } from './simulated-swarm.ts'

const peers = (n: number): string[] => Array.from({ length: n }, (_, i) => `p${i}`)

function openBytes(hand: Hand, peer?: string): number {
  return hand.open(peer).reduce((sum, { length }) => sum + length, 0)
}

describe('how much is asked for', () => {
  test('a low ceiling of the node: two requests for fifty peers, and all are stored in the end', () => {
    const budget = new RequestBudget()
    budget.setCeiling(100 * KiB)
    expect(budget.ceiling).toBe(512 * KiB)
    const hand = new Hand(20, peers(50), { budget })
    expect(openBytes(hand)).toBe(512 * KiB)
    expect(new Set(hand.open().map(({ peer }) => peer)).size).toBe(2)
    for (let i = 0; i < 100 && hand.open().length > 0; i++) {
      for (const request of hand.open()) hand.store(hand.answer(request))
      expect(budget.bytes).toBeLessThanOrEqual(512 * KiB)
      expect(hand.swarm.snapshot().begun).toBeLessThan(8)
    }
    expect(only(hand.effects, 'complete').length).toBe(1)
  })

  test('a ceiling can be lowered and lifted while running; what is asked stays asked', () => {
    const hand = new Hand(40, peers(4))
    const before = openBytes(hand)
    expect(before).toBe(4 * MiB)
    expect(only(hand.do({ kind: 'ceiling', bytes: MiB }), 'cancel')).toEqual([])
    for (const request of hand.open().slice(0, 14)) hand.answer(request)
    expect(openBytes(hand)).toBe(MiB)
    hand.do({ kind: 'ceiling', bytes: undefined })
    hand.pass(100)
    expect(openBytes(hand)).toBeGreaterThanOrEqual(4 * MiB)
  })

  test('a peer of 1 KiB/s does not hold a whole low ceiling', () => {
    const sim = new SimulatedSwarm({
      pieceCount: 8,
      size: () => MiB,
      peers: [
        { name: 'crawl', rate: KiB },
        { name: 'crawl2', rate: KiB },
        { name: 'ok', rate: MiB }
      ]
    })
    sim.event({ kind: 'ceiling', bytes: 512 * KiB })
    sim.run(120_000)
    expect(sim.completeAt).toBeLessThan(60_000)
  })

  test('shares of one budget take turns: who was refused asks again', () => {
    const budget = new RequestBudget(MiB)
    const one = new Hand(8, ['a', 'b'], { budget })
    const other = new Hand(8, ['a'], { budget })
    expect(openBytes(other)).toBe(0)
    for (const request of one.open().slice(0, 2)) one.answer(request)
    one.do({ kind: 'running', running: false })
    expect(other.swarm.nextWake()).toBeLessThanOrEqual(100)
    other.pass(100)
    // One peer gets no more than half of so low a ceiling.
    expect(openBytes(other)).toBe(512 * KiB)
  })
})

describe('slow peers', () => {
  test('the last piece moves within 20 s, even when two slow peers were both asked for it', () => {
    const sim = new SimulatedSwarm({
      pieceCount: 40,
      size: () => MiB,
      peers: [
        { name: 'crawl1', rate: KiB },
        { name: 'crawl2', rate: 2 * KiB }
      ]
    })
    sim.clock.advance(5000)
    sim.join({ name: 'ok', rate: 10 * MiB })
    const joined = sim.clock.now()
    sim.run(joined + 60_000)
    expect((sim.completeAt ?? Number.POSITIVE_INFINITY) - joined).toBeLessThan(20_000)
  })

  test('a piece that its owner needs minutes for is shared with a faster peer', () => {
    const sim = new SimulatedSwarm({
      pieceCount: 400,
      size: () => MiB,
      peers: [
        { name: 'slow', rate: 12 * KiB },
        { name: 'ok', rate: 4 * MiB }
      ]
    })
    sim.run(60_000)
    const owners = new Map<number, Set<string>>()
    for (const effect of sim.effects) {
      if (effect.kind === 'request')
        owners.set(effect.piece, (owners.get(effect.piece) ?? new Set()).add(effect.peer))
    }
    expect([...owners.values()].some((names) => names.size > 1)).toBe(true)
    expect(sim.arrivedBytes).toBeLessThanOrEqual(400 * MiB * 1.05)
  })
})

describe('small pieces that came together', () => {
  /** Fetches all; every 50th piece comes wrong the first time. */
  function fetchAll(together: boolean): Hand {
    const hand = new Hand(600, ['a', 'b'], { size: () => 4 * KiB })
    const seen = new Set<number>()
    const tell = (events: SwarmEvent[]): SwarmEffect[] =>
      together ? hand.doAll(events) : events.flatMap((event) => hand.do(event))
    for (let round = 0; round < 100 && hand.open().length > 0; round++) {
      for (const request of hand.open()) {
        const verify = only(hand.answer(request), 'verify')
        const checked = tell(
          verify.map(({ piece }) => {
            const ok = piece % 50 > 0 || seen.has(piece)
            seen.add(piece)
            return { kind: 'piece-verified', piece, ok }
          })
        )
        tell(only(checked, 'write').map(({ piece }) => ({ kind: 'piece-stored', piece })))
      }
      hand.pass(10)
    }
    return hand
  }

  test('may be told of at once: the same is fetched, stored and blamed as one by one', () => {
    const count = (hand: Hand, kind: SwarmEffect['kind']): number => only(hand.effects, kind).length
    const [one, all] = [fetchAll(false), fetchAll(true)]
    for (const kind of ['write', 'verify', 'strike', 'complete'] as const)
      expect(count(all, kind), kind).toBe(count(one, kind))
    expect(count(all, 'write')).toBe(600)
    expect(count(all, 'complete')).toBe(1)
    expect(count(all, 'announce')).toBeLessThanOrEqual(count(one, 'announce'))
  })
})

import { millis, seededRng } from '@p2pshare/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type CandidateSource, DialPlan, type DialLimits, PeerMemory } from '../../src/index.ts'

function plan(limits: Partial<DialLimits> = {}): DialPlan {
  return new DialPlan({ rng: seededRng(2), limits })
}

function candidate(peer: string, source: CandidateSource = 'lan-dht', addresses: string[] = ['/a']) {
  return { peer, source, addresses }
}

describe('the dial plan', () => {
  test('dials hints first, at most 8 at once and 10 a second', () => {
    const p = plan()
    for (let i = 0; i < 30; i++) p.add(candidate(`dht${i}`), millis(0))
    p.add(candidate('hint', 'hint'), millis(0))
    const first = p.next(millis(0))
    expect(first.map((c) => c.peer).slice(0, 2)).toEqual(['hint', 'dht0'])
    expect(first.length).toBe(8)
    for (const { peer } of first) p.dialed(peer, false, millis(10))
    expect(p.next(millis(10)).length).toBe(2)
    expect(p.next(millis(999))).toEqual([])
    expect(p.nextWake(millis(999))).toBe(1000)
    expect(p.next(millis(1000)).length).toBe(6)
  })

  test('who has the share but refuses for now is asked again soon, whenever the refusal came', () => {
    for (const early of [true, false]) {
      const p = plan()
      p.add(candidate('p'), millis(0))
      p.next(millis(0))
      // The refusal may overtake the news that the dial worked.
      if (early) p.refuses('p', millis(10))
      p.dialed('p', true, millis(10))
      if (!early) p.refuses('p', millis(10))
      expect(p.connectedCount).toBe(0)
      const wake = p.nextWake(millis(10)) ?? 0
      expect(wake).toBeGreaterThan(1500)
      expect(wake).toBeLessThan(2600)
      expect(p.next(millis(wake)).map(({ peer }) => peer)).toEqual(['p'])
      p.dialed('p', true, millis(wake))
      expect(p.connectedCount).toBe(1)
    }
  })

  test('backs off from 2 s to 10 min with jitter', () => {
    const p = plan()
    p.add(candidate('p'), millis(0))
    let now = 0
    const waits: number[] = []
    for (let i = 0; i < 12; i++) {
      expect(p.next(millis(now)).length).toBe(1)
      p.dialed('p', false, millis(now))
      const wake = p.nextWake(millis(now)) ?? 0
      expect(p.next(millis(wake - 1))).toEqual([])
      waits.push(wake - now)
      now = wake
    }
    for (const [i, wait] of waits.entries()) {
      const base = Math.min(600_000, 2000 * 2 ** i)
      expect(wait).toBeGreaterThanOrEqual(base * 0.75)
      expect(wait).toBeLessThanOrEqual(base * 1.25)
    }
  })

  test('stops at the target and goes on when a peer leaves', () => {
    const p = plan({ target: 2 })
    for (const peer of ['a', 'b', 'c']) p.add(candidate(peer), millis(0))
    for (const { peer } of p.next(millis(0))) p.dialed(peer, true, millis(1))
    expect([p.connectedCount, p.next(millis(5)).length, p.nextWake(millis(5))]).toEqual([2, 0, undefined])
    p.disconnected('a', millis(10))
    expect(p.next(millis(10)).map((c) => c.peer)).toEqual(['c'])
  })

  test('a peer without the share goes to the end', () => {
    const p = plan({ parallel: 1 })
    p.add(candidate('lacks', 'hint'), millis(0))
    p.add(candidate('other', 'exchange'), millis(0))
    p.lacksShare('lacks', millis(0))
    expect(p.next(millis(0)).map((c) => c.peer)).toEqual(['other'])
    p.dialed('other', false, millis(0))
    expect(p.next(millis(600_000)).map((c) => c.peer)).toEqual(['other'])
  })

  test('a dead peer rests for all shares of the node, and a new address wakes it', () => {
    const memory = new PeerMemory({ rng: seededRng(3) })
    const plans = [0, 1].map(() => new DialPlan({ rng: seededRng(2), memory }))
    for (const p of plans) p.add(candidate('dead'), millis(0))
    plans[0]?.next(millis(0))
    for (let i = 0; i < 5; i++) plans[0]?.dialed('dead', false, millis(0))
    expect(plans[1]?.next(millis(10_000))).toEqual([])
    expect(plans[1]?.outlook('dead')).toMatchObject({ failures: 5 })
    plans[1]?.add(candidate('dead', 'lan-dht', ['/new']), millis(10_000))
    expect(plans[1]?.next(millis(12_000)).map((c) => c.peer)).toEqual(['dead'])
  })

  test('named three times in vain, a provider comes after all others, until it has something', () => {
    const memory = new PeerMemory({ rng: seededRng(3) })
    const fresh = (): DialPlan => {
      const p = new DialPlan({ rng: seededRng(2), memory, limits: { parallel: 1 } })
      p.add(candidate('liar', 'hint'), millis(0))
      p.add(candidate('other', 'exchange'), millis(0))
      return p
    }
    for (let share = 0; share < 3; share++) {
      const p = fresh()
      expect(p.next(millis(0)).map((c) => c.peer)).toEqual(['liar'])
      p.dialed('liar', true, millis(0))
      p.lacksShare('liar', millis(0))
      // One dial is what it costs: a second word of the same share counts no more.
      p.lacksShare('liar', millis(0))
      expect([p.connectedCount, p.next(millis(1)).map((c) => c.peer)]).toEqual([0, ['other']])
    }
    expect(
      fresh()
        .next(millis(0))
        .map((c) => c.peer)
    ).toEqual(['other'])
    fresh().connected('liar', millis(0))
    expect(
      fresh()
        .next(millis(0))
        .map((c) => c.peer)
    ).toEqual(['liar'])
  })

  test('nothing that failed counts in another network', () => {
    const memory = new PeerMemory({ rng: seededRng(3) })
    const p = new DialPlan({ rng: seededRng(2), memory })
    p.add(candidate('p'), millis(0))
    p.next(millis(0))
    for (let i = 0; i < 9; i++) p.dialed('p', false, millis(0))
    expect(p.next(millis(100_000))).toEqual([])
    memory.forgive()
    expect(p.next(millis(100_000)).map((c) => c.peer)).toEqual(['p'])
  })

  test('a peer that was turned away for want of room rests for 10 minutes', () => {
    const p = plan()
    p.connected('p', millis(0))
    p.disconnected('p', millis(1000))
    p.turnedAway('p', millis(1000))
    p.turnedAway('nobody', millis(1000))
    expect(p.next(millis(600_999))).toEqual([])
    expect(p.next(millis(601_000)).map((c) => c.peer)).toEqual(['p'])
  })

  test('gathers addresses, bounded, and drops absurd ones', () => {
    const p = plan()
    p.add(candidate('p', 'lan-dht', ['/a', 'x'.repeat(600), '']), millis(0))
    p.add(
      candidate(
        'p',
        'hint',
        Array.from({ length: 40 }, (_, i) => `/b${i}`)
      ),
      millis(0)
    )
    const [dial] = p.next(millis(0))
    expect(dial?.source).toBe('hint')
    expect(dial?.addresses.length).toBe(16)
    expect(dial?.addresses[0]).toBe('/b0')
  })

  test('full of strangers, still takes a hint and throws the worst out', () => {
    const p = plan({ known: 100 })
    for (let i = 0; i < 500; i++) p.add(candidate(`x${i}`, 'exchange'), millis(0))
    expect(p.size).toBe(100)
    p.add(candidate('hint', 'hint'), millis(0))
    expect(p.next(millis(0))[0]?.peer).toBe('hint')
    p.checkInvariants()
  })

  test('keeps its bounds under any sequence of events', () => {
    const step = fc.record({ kind: fc.nat(7), peer: fc.nat(60), wait: fc.nat(3000), ok: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const p = plan({ known: 30, target: 12 })
        let now = 0
        for (const { kind, peer: n, wait, ok } of steps) {
          const peer = `p${n}`
          now += wait
          const at = millis(now)
          const moves = [
            () => p.add(candidate(peer, n % 2 === 0 ? 'hint' : 'exchange'), at),
            () => p.next(at).forEach((c) => ok && p.dialed(c.peer, n % 3 === 0, at)),
            () => p.dialed(peer, ok, at),
            () => p.connected(peer, at),
            () => p.disconnected(peer, at),
            () => p.lacksShare(peer, at),
            () => p.remove(peer),
            () => p.turnedAway(peer, at)
          ]
          moves[kind]?.()
          p.checkInvariants()
          const wake = p.nextWake(millis(now))
          if (wake !== undefined && wake <= now) expect(p.next(millis(now)).length).toBeGreaterThan(0)
          p.checkInvariants()
        }
      }),
      { numRuns: 200 }
    )
  })
})

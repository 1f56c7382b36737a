import { Bitfield, MiB, type Millis, millis, seededRng } from '@p2pshare/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SuperSeeding, type SuperSeedEvent } from '../../src/index.ts'

/** A share of equal pieces; keeps what each peer is shown. */
class Stage {
  readonly machine: SuperSeeding
  readonly shown = new Map<string, Bitfield>()
  /** What was offered, in order. */
  readonly offers: { peer: string; piece: number }[] = []
  readonly pieces: number
  now: Millis = millis(1000)

  constructor(pieces: number, size: number = MiB) {
    this.pieces = pieces
    this.machine = new SuperSeeding({ pieces, size: () => size, rng: seededRng(1) })
  }

  tell(...events: SuperSeedEvent[]): void {
    for (const event of events) {
      this.machine.handle(event, this.now)
      this.machine.checkInvariants()
    }
    for (const effect of this.machine.takeEffects()) {
      if (effect.kind === 'show') {
        const map = effect.pieces === undefined ? Bitfield.full(this.pieces) : new Bitfield(this.pieces)
        for (const piece of effect.pieces ?? []) map.set(piece)
        this.shown.set(effect.peer, map)
        continue
      }
      const map = this.of(effect.peer)
      for (const piece of effect.added) this.offers.push({ peer: effect.peer, piece })
      for (const piece of effect.added) expect(map.set(piece), `${piece} is new to ${effect.peer}`).toBe(true)
      for (const piece of effect.removed) expect(map.clear(piece)).toBe(true)
    }
  }

  join(...peers: string[]): void {
    for (const peer of peers)
      this.tell({ kind: 'joined', peer }, { kind: 'pieces', peer, pieces: new Bitfield(this.pieces) })
  }

  of(peer: string): Bitfield {
    return this.shown.get(peer) ?? new Bitfield(this.pieces)
  }

  send(peer: string, piece: number, bytes: number = MiB): void {
    const pieces = { start: piece as never, count: 1 }
    this.tell({ kind: 'requested', peer, pieces }, { kind: 'sent', peer, pieces, bytes })
  }

  has(peer: string, piece: number): void {
    this.tell({ kind: 'delta', peer, added: [{ start: piece as never, count: 1 }], removed: [] })
  }

  wait(ms: number): void {
    this.now = millis(this.now + ms)
    this.tell({ kind: 'tick' })
  }
}

describe('super-seeding', () => {
  test('a lone peer is shown everything', () => {
    const stage = new Stage(10)
    stage.join('a')
    expect(stage.of('a').isFull).toBe(true)
    expect(stage.machine.mode).toBe('open')
  })

  test('two peers are offered different pieces, few at once', () => {
    const stage = new Stage(100)
    stage.join('a', 'b')
    const [a, b] = [stage.of('a'), stage.of('b')]
    expect(a.nextInBoth(b)).toBe(-1)
    expect(a.count).toBeGreaterThan(0)
    expect(b.count).toBeGreaterThan(0)
    expect(a.count + b.count).toBeLessThan(10)
  })

  test('what a lone peer is fetching stays its own when a second one comes', () => {
    const stage = new Stage(100)
    stage.join('a')
    stage.send('a', 42, 1000)
    stage.join('b')
    expect(stage.of('a').has(42)).toBe(true)
    expect(stage.of('a').count).toBeLessThan(10)
    expect(stage.of('b').has(42)).toBe(false)
  })

  test('a piece that is sent makes room for the next; each goes to one peer, and then it is over', () => {
    const stage = new Stage(50)
    const sent = new Map<number, number>()
    stage.join('a', 'b', 'c')
    for (let round = 0; stage.machine.mode === 'masked' && round < 100; round++) {
      for (const peer of ['a', 'b', 'c']) {
        for (const piece of [...stage.of(peer).ones()]) {
          if (stage.machine.mode !== 'masked' || sent.has(piece)) continue
          stage.send(peer, piece)
          sent.set(piece, (sent.get(piece) ?? 0) + 1)
          stage.has(peer, piece)
        }
      }
    }
    expect(stage.machine.mode).toBe('over')
    expect(sent.size).toBe(50)
    for (const peer of ['a', 'b', 'c']) expect(stage.of(peer).isFull).toBe(true)
  })

  test('a peer whose pieces reach others is preferred to one that keeps them', () => {
    const stage = new Stage(1000)
    const givers = ['a', 'b', 'c']
    stage.join(...givers, 'keeper')
    const got = new Map([...givers, 'keeper'].map((peer) => [peer, 0]))
    // A slow line: one piece a second, in the order in which they were offered.
    for (let round = 0; round < 60; round++) {
      const next = stage.offers.shift()
      if (next === undefined) break
      const { peer, piece } = next
      got.set(peer, (got.get(peer) ?? 0) + 1)
      stage.send(peer, piece)
      stage.has(peer, piece)
      if (peer !== 'keeper') stage.has(peer === 'a' ? 'b' : 'a', piece)
      stage.wait(1000)
    }
    for (const giver of givers) expect(got.get(giver)).toBeGreaterThan(4 * (got.get('keeper') ?? 0))
  })

  test('who takes pieces and never says so gets one at a time, ever more rarely', () => {
    const stage = new Stage(400)
    stage.join('rider', 'honest')
    const [bait = -1] = stage.of('honest').ones()
    stage.send('honest', bait)
    stage.has('honest', bait)
    let taken = 0
    for (let second = 0; second < 600; second++) {
      const open = stage.offers.filter(({ peer }) => peer === 'rider')
      if (open.length > taken) {
        expect(open.length).toBe(taken + 1)
        stage.send('rider', open[taken]?.piece ?? -1)
        taken++
      }
      // The seeder is not stuck: somebody else goes on.
      const next = stage.offers.findLast(({ peer }) => peer === 'honest')?.piece ?? -1
      if (second % 10 === 0 && !stage.machine.takeEffects().length) stage.send('honest', next)
      if (second % 10 === 5) stage.has('honest', next)
      stage.wait(1000)
    }
    // Lapses after 15 s, rests of 60, 120, 240 s.
    expect(taken).toBeGreaterThanOrEqual(3)
    expect(taken).toBeLessThanOrEqual(5)
  })

  test('offers of a peer that leaves go to others', () => {
    const stage = new Stage(3)
    stage.join('a', 'b', 'c')
    const lost = [...stage.of('a').ones()]
    stage.tell({ kind: 'left', peer: 'a' })
    // Others get more than one piece once they say that they have the first.
    const [first = -1] = stage.of('b').ones()
    stage.send('b', first)
    stage.has('b', first)
    const offered = new Set([...stage.of('b').ones(), ...stage.of('c').ones()])
    for (const piece of lost) expect(offered).toContain(piece)
  })

  test('who leaves offers alone is shown everything, the others go on as before', () => {
    const stage = new Stage(100)
    stage.join('idle', 'b')
    for (let i = 0; i < 12; i++) {
      for (const piece of [...stage.of('b').ones()]) stage.send('b', piece, 1000)
      stage.wait(1000)
    }
    expect(stage.of('idle').isFull).toBe(true)
    expect(stage.machine.mode).toBe('masked')
  })

  test('when nothing moves, all is shown', () => {
    const stage = new Stage(100)
    stage.join('a', 'b')
    for (let i = 0; i < 40; i++) stage.wait(1000)
    expect(stage.machine.mode).toBe('over')
    expect(stage.of('a').isFull && stage.of('b').isFull).toBe(true)
  })

  test('a piece that is seen elsewhere is withdrawn before it is asked for', () => {
    const stage = new Stage(100)
    stage.join('a', 'b')
    const piece = stage.of('a').nextSet(0)
    stage.has('b', piece)
    expect(stage.of('a').has(piece)).toBe(false)
  })

  test('small pieces are offered in runs', () => {
    const stage = new Stage(10_000, 1000)
    stage.join('a', 'b')
    expect(stage.of('a').count).toBeGreaterThan(200)
    expect([...stage.of('a').runs()].length).toBeLessThan(6)
  })

  test('any sequence of events keeps the books balanced', () => {
    const peer = fc.constantFrom('a', 'b', 'c')
    const run = fc.record({ start: fc.nat(30), count: fc.integer({ min: 1, max: 40 }) })
    const runs = fc.array(run, { maxLength: 3 })
    const event = fc.oneof(
      fc.record({ kind: fc.constantFrom('joined', 'left', 'tick'), peer }),
      fc.record({ kind: fc.constant('delta'), peer, added: runs, removed: runs }),
      fc.record({ kind: fc.constant('requested'), peer, pieces: run }),
      fc.record({ kind: fc.constant('sent'), peer, pieces: run, bytes: fc.nat(3 * MiB) }),
      fc
        .tuple(peer, fc.array(fc.nat(29)))
        .map(([name, ones]) => ({ kind: 'pieces', peer: name, pieces: bits(30, ones) }))
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(9000)), { maxLength: 80 }), (steps) => {
        const machine = new SuperSeeding({ pieces: 30, size: () => MiB, rng: seededRng(2) })
        let now = 0
        for (const [step, passed] of steps) {
          now += passed
          machine.handle(step as SuperSeedEvent, millis(now))
          machine.checkInvariants()
          machine.takeEffects()
        }
      }),
      { numRuns: 300 }
    )
  })
})

function bits(length: number, ones: readonly number[]): Bitfield {
  const map = new Bitfield(length)
  for (const i of ones) map.set(i)
  return map
}

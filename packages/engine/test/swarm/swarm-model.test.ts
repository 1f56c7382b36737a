import { Bitfield, bytes, millis, pieceIndex, seededRng } from '@p2pshare/base'
import type { RefuseReason } from '@p2pshare/wire'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createSwarm, RequestBudget, type Swarm, type SwarmEffect, type SwarmEvent } from '../../src/index.ts'

const PIECES = 24
const KIB = 1024
/** Small pieces in runs, middle ones whole, large ones in ranges. */
const sizeOf = (p: number): number =>
  p < 12 ? 20 * KIB + p : p < 16 ? 200 * KIB : 1024 * KIB - (p === 23 ? 77 : 0)

/** One move of a fuzzed session; numbers choose among what is possible then. */
type Move =
  | { kind: 'join' | 'leave' | 'choke' | 'unchoke' | 'rest'; peer: number }
  | { kind: 'map'; peer: number; bits: number; wrong: boolean }
  | { kind: 'delta'; peer: number; start: number; count: number; add: boolean }
  | { kind: 'answer' | 'progress'; pick: number }
  | { kind: 'refuse'; pick: number; reason: RefuseReason }
  | { kind: 'nonsense'; peer: number; id: number }
  | { kind: 'verify'; pick: number; ok: boolean }
  | { kind: 'store'; pick: number; ok: boolean }
  | { kind: 'lose'; piece: number }
  | { kind: 'run'; running: boolean }
  | { kind: 'wait'; ms: number }

const reasons: RefuseReason[] = [
  'lacking',
  'unavailable',
  'busy',
  'choked',
  'paused',
  'unknown-share',
  'unspecified'
]
const peer = fc.nat(3)
const pick = fc.nat(1000)
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('join' as const), peer }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('leave' as const, 'choke' as const, 'unchoke' as const, 'rest' as const),
      peer
    })
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('map' as const),
      peer,
      bits: fc.integer({ min: 0, max: 2 ** 24 }),
      wrong: fc.boolean().map(() => false)
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('map' as const),
      peer,
      bits: fc.constant(1),
      wrong: fc.boolean()
    })
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('delta' as const),
      peer,
      start: fc.integer({ min: -3, max: 30 }),
      count: fc.integer({ min: -1, max: 40 }),
      add: fc.boolean()
    })
  },
  {
    weight: 20,
    arbitrary: fc.record({ kind: fc.constantFrom('answer' as const, 'progress' as const), pick })
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('refuse' as const), pick, reason: fc.constantFrom(...reasons) })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('nonsense' as const),
      peer,
      id: fc.integer({ min: -5, max: 2 ** 32 })
    })
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('verify' as const),
      pick,
      ok: fc.integer({ min: 0, max: 9 }).map((n) => n > 1)
    })
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('store' as const),
      pick,
      ok: fc.integer({ min: 0, max: 9 }).map((n) => n > 0)
    })
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), piece: fc.nat(PIECES) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('run' as const), running: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(1, 50, 300, 2500, 21_000, 200_000)
    })
  }
)

type Request = Extract<SwarmEffect, { kind: 'request' }>

/** Plays the session and checks, effect by effect, what a session may rely on. */
class Player {
  readonly budget = new RequestBudget(1024 * KIB * 6, 40)
  readonly swarm: Swarm
  readonly log: SwarmEffect[] = []
  readonly open = new Map<number, Request>()
  readonly buffers = new Set<number>()
  readonly verifying = new Set<number>()
  readonly writing = new Set<number>()
  readonly stored = new Set<number>()
  now = 1000

  constructor(seed: number) {
    this.swarm = createSwarm({
      layout: { pieceCount: PIECES, blockSize: (p) => bytes(sizeOf(p)) },
      have: new Bitfield(PIECES),
      rng: seededRng(seed),
      budget: this.budget,
      limits: { begunBytes: 5 * 1024 * KIB }
    })
  }

  event(event: SwarmEvent): void {
    this.swarm.handle(event, millis(this.now))
    for (const effect of this.swarm.takeEffects()) this.#check(effect)
    this.swarm.checkInvariants()
    expect(this.budget.requests).toBe(this.open.size)
    const wake = this.swarm.nextWake()
    if (event.kind === 'tick' && wake !== undefined) expect(wake).toBeGreaterThan(this.now)
  }

  #check(effect: SwarmEffect): void {
    this.log.push(effect)
    switch (effect.kind) {
      case 'request': {
        expect(this.open.has(effect.id)).toBe(false)
        expect(effect.length).toBeGreaterThan(0)
        expect(effect.length).toBeLessThanOrEqual(256 * KIB)
        let sum = 0
        for (let p = effect.piece; p < effect.piece + effect.count; p++) {
          expect(this.stored.has(p)).toBe(false)
          this.buffers.add(p)
          sum += sizeOf(p)
        }
        if (effect.count > 1) expect([effect.offset, effect.length]).toEqual([0, sum])
        else expect(effect.offset + effect.length).toBeLessThanOrEqual(sum)
        this.open.set(effect.id, effect)
        break
      }
      case 'cancel':
        expect(this.open.get(effect.id)?.peer).toBe(effect.peer)
        this.open.delete(effect.id)
        break
      case 'verify':
        expect(this.buffers.has(effect.piece)).toBe(true)
        this.verifying.add(effect.piece)
        break
      case 'write':
        this.writing.add(effect.piece)
        break
      case 'release':
        expect(this.buffers.delete(effect.piece)).toBe(true)
        expect(this.verifying.has(effect.piece)).toBe(false)
        break
      case 'drop-peer':
        this.#gone(effect.peer)
        break
      case 'complete':
        expect(this.stored.size).toBe(PIECES)
        break
      default:
    }
  }

  #gone(peer: string): void {
    for (const request of [...this.open.values()]) if (request.peer === peer) this.open.delete(request.id)
  }

  #pick<T>(from: Iterable<T>, n: number): T | undefined {
    const all = [...from]
    return all[n % Math.max(1, all.length)]
  }

  play(move: Move): void {
    const peer = 'peer' in move ? `p${move.peer}` : ''
    switch (move.kind) {
      case 'join':
        this.#gone(peer)
        return this.event({ kind: 'peer-joined', peer, maxRequests: [64, 3, 0, Number.NaN][move.peer] ?? 1 })
      case 'leave':
        this.#gone(peer)
        return this.event({ kind: 'peer-left', peer })
      case 'choke':
      case 'unchoke':
        return this.event({ kind: 'peer-choking', peer, choking: move.kind === 'choke' })
      case 'rest':
        return this.event({ kind: 'peer-resting', peer, until: millis(this.now + 60_000) })
      case 'map': {
        const pieces = new Bitfield(move.wrong ? PIECES + 1 : PIECES)
        for (let p = 0; p < PIECES; p++) if (move.bits === 2 ** 24 || (move.bits >> p) & 1) pieces.set(p)
        return this.event({ kind: 'peer-pieces', peer, pieces })
      }
      case 'delta': {
        const runs = [{ start: move.start, count: move.count }]
        return this.event({
          kind: 'peer-delta',
          peer,
          added: move.add ? runs : [],
          removed: move.add ? [] : runs
        })
      }
      case 'nonsense':
        this.event({ kind: 'refused', peer: 'stranger', id: move.id, reason: 'lacking' })
        return this.event({ kind: 'data-progress', peer, bytes: bytes(move.id) })
      case 'lose':
        this.stored.delete(move.piece)
        return this.event({ kind: 'pieces-lost', pieces: [pieceIndex(move.piece)] })
      case 'run':
        return this.event({ kind: 'running', running: move.running })
      case 'wait':
        return this.#wait(move.ms)
      default:
        return this.#answer(move)
    }
  }

  #answer(move: Extract<Move, { pick: number }>): void {
    if (move.kind === 'verify' || move.kind === 'store') {
      const set = move.kind === 'verify' ? this.verifying : this.writing
      const piece = this.#pick(set, move.pick)
      if (piece === undefined) return
      set.delete(piece)
      if (move.kind === 'verify')
        this.event({ kind: 'piece-verified', piece: pieceIndex(piece), ok: move.ok })
      else {
        if (move.ok) this.stored.add(piece)
        this.event({ kind: move.ok ? 'piece-stored' : 'store-failed', piece: pieceIndex(piece) })
      }
      return
    }
    const request = this.#pick(this.open.values(), move.pick)
    if (request === undefined) return
    const { peer, id } = request
    if (move.kind === 'progress') return this.event({ kind: 'data-progress', peer, bytes: bytes(5000) })
    this.open.delete(id)
    if (move.kind === 'refuse') this.event({ kind: 'refused', peer, id, reason: move.reason })
    else this.event({ kind: 'data-arrived', peer, id })
  }

  #wait(ms: number): void {
    const end = this.now + ms
    for (let ticks = 0; ; ticks++) {
      const wake = this.swarm.nextWake()
      if (wake === undefined || wake > end || ticks > 2000) break
      this.now = Math.max(this.now, wake)
      this.event({ kind: 'tick' })
    }
    this.now = end
  }

  /** An honest seeder comes and answers everything: whatever happened before, the share must complete. */
  finish(): void {
    this.event({ kind: 'running', running: true })
    this.#gone('p0')
    this.event({ kind: 'peer-joined', peer: 'p0', maxRequests: 64 })
    this.event({ kind: 'peer-pieces', peer: 'p0', pieces: Bitfield.full(PIECES) })
    for (let round = 0; round < 400 && this.stored.size < PIECES; round++) {
      for (const request of [...this.open.values()]) {
        if (request.peer !== 'p0' || !this.open.delete(request.id)) continue
        this.event({ kind: 'data-arrived', peer: 'p0', id: request.id })
      }
      while (this.verifying.size > 0) this.#answer({ kind: 'verify', pick: 0, ok: true })
      while (this.writing.size > 0) this.#answer({ kind: 'store', pick: 0, ok: true })
      if (round % 4 === 3) this.#wait(5000)
    }
    expect(this.stored.size).toBe(PIECES)
    expect(this.open.size).toBe(0)
    expect(this.buffers.size).toBe(0)
    expect(this.log.filter((effect) => effect.kind === 'complete').length).toBeGreaterThan(0)
  }
}

describe('a swarm under any sequence of events', () => {
  test('keeps its invariants, its promises to the session, and completes with an honest seeder', () => {
    fc.assert(
      fc.property(fc.array(move, { maxLength: 150, size: 'max' }), fc.integer(), (moves, seed) => {
        const player = new Player(seed)
        for (const m of moves) player.play(m)
        player.finish()
      }),
      { numRuns: 400 }
    )
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

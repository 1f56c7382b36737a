import assert from 'node:assert/strict'
import { Bitfield, bytes, millis, pieceIndex, seededRng } from '@p2pshare/base'
import {
  createSwarm,
  type PriorityRange,
  RequestBudget,
  type Swarm,
  type SwarmEffect,
  type SwarmEvent
} from '../../../src/index.ts'
import { hostileEvents } from './hostile.ts'
import { type Move, PIECES } from './moves.ts'
import { Promises, type Request, sizeOf } from './promises.ts'

const KIB = 1024
/** No event gives more effects: four peers, 64 requests each, asked and cancelled, and some words. */
const MOST_EFFECTS = 1500

/** Plays a session against a swarm of four peers and checks, effect by effect, what a session may rely on. */
export class Player {
  readonly budget = new RequestBudget(6 * 1024 * KIB, 40)
  readonly swarm: Swarm
  readonly log: SwarmEffect[] = []
  readonly played: Move[] = []
  readonly books = new Promises(this.budget)
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

  /** Throws when the swarm breaks a promise or its own invariants. */
  event(event: SwarmEvent): void {
    this.swarm.handle(event, millis(this.now))
    this.#checkEffects(event.kind === 'tick')
  }

  /** The same of several events in one step. */
  events(events: readonly SwarmEvent[]): void {
    this.swarm.handleAll(events, millis(this.now))
    this.#checkEffects(false)
  }

  #checkEffects(tick: boolean): void {
    const effects = this.swarm.takeEffects()
    assert(effects.length <= MOST_EFFECTS, `${effects.length} effects of one event`)
    for (const effect of effects) {
      this.log.push(effect)
      this.books.check(effect)
    }
    this.swarm.checkInvariants()
    assert.equal(this.budget.requests, this.books.open.size)
    const wake = this.swarm.nextWake()
    if (tick && wake !== undefined) assert(wake > this.now, 'wakes without end')
  }

  play(move: Move): void {
    this.played.push(move)
    switch (move.kind) {
      case 'answer':
      case 'progress':
      case 'refuse':
        return this.#answer(move)
      case 'verify':
      case 'store':
        return this.#disk(move)
      case 'wait':
        return this.#wait(move.ms)
      case 'sleep':
        this.now += move.ms
        return this.event({ kind: 'tick' })
      case 'hostile':
        for (const event of hostileEvents(move)) this.event(event)
        return
      case 'flips':
        for (let i = 0; i < move.times; i++)
          this.event({ kind: 'peer-choking', peer: `p${move.peer}`, choking: i % 2 === 0 })
        return
      default:
        if ('peer' in move) this.#peer(move)
        else this.#own(move)
    }
  }

  #peer(
    move: Extract<Move, { kind: 'join' | 'leave' | 'choke' | 'unchoke' | 'rest' | 'map' | 'delta' | 'rtt' }>
  ): void {
    const peer = `p${move.peer}`
    switch (move.kind) {
      case 'join':
        this.books.gone(peer)
        return this.event({ kind: 'peer-joined', peer, maxRequests: [64, 3, 0, 8][move.peer] ?? 1 })
      case 'leave':
        this.books.gone(peer)
        return this.event({ kind: 'peer-left', peer })
      case 'choke':
      case 'unchoke':
        return this.event({ kind: 'peer-choking', peer, choking: move.kind === 'choke' })
      case 'rest':
        return this.event({ kind: 'peer-resting', peer, until: millis(this.now + 60_000) })
      case 'rtt':
        return this.event({ kind: 'round-trip', peer, rtt: millis(move.ms) })
      case 'map':
        return this.event({ kind: 'peer-pieces', peer, pieces: mapOf(move.bits, move.wrong) })
      case 'delta': {
        const runs = [{ start: move.start, count: move.count }]
        const [added, removed] = move.add ? [runs, []] : [[], runs]
        return this.event({ kind: 'peer-delta', peer, added, removed })
      }
    }
  }

  #own(
    move: Extract<
      Move,
      { kind: 'lose' | 'here' | 'run' | 'priority' | 'order' | 'deadline' | 'withdraw' | 'ceiling' }
    >
  ): void {
    switch (move.kind) {
      case 'lose':
        this.books.stored.delete(move.piece)
        return this.event({ kind: 'pieces-lost', pieces: [pieceIndex(move.piece)] })
      case 'here':
        this.books.stored.add(move.piece)
        return this.event({ kind: 'piece-here', piece: pieceIndex(move.piece) })
      case 'run':
        this.books.running = move.running
        return this.event({ kind: 'running', running: move.running })
      case 'priority':
        return this.#prioritize(move)
      case 'order':
        return this.event({ kind: 'order', order: move.sequential ? 'sequential' : 'rarest' })
      case 'deadline':
        for (const p of piecesOf(move)) this.books.skipped.delete(p)
        return this.event({ kind: 'deadline', pieces: move, due: millis(this.now + move.ms) })
      case 'withdraw':
        return this.event({ kind: 'deadline-withdrawn', pieces: move })
      case 'ceiling':
        if (move.node) this.budget.setCeiling(move.kib * KIB)
        else this.event({ kind: 'ceiling', bytes: move.kib * KIB })
    }
  }

  #prioritize(range: PriorityRange): void {
    for (const p of piecesOf(range)) {
      if (range.priority === 0) this.books.skipped.add(p)
      else this.books.skipped.delete(p)
    }
    this.event({ kind: 'priorities', ranges: [range] })
  }

  #answer(move: Extract<Move, { kind: 'answer' | 'progress' | 'refuse' }>): void {
    const request = chosen(this.books.open.values(), move.pick)
    if (request === undefined) return
    const { peer, id } = request
    if (move.kind === 'progress') return this.event({ kind: 'data-progress', peer, bytes: bytes(5000) })
    this.books.open.delete(id)
    if (move.kind === 'refuse') return this.event({ kind: 'refused', peer, id, reason: move.reason })
    this.#deliver(request)
  }

  #deliver(request: Request): void {
    this.books.delivered(request)
    this.event({ kind: 'data-arrived', peer: request.peer, id: request.id })
  }

  #disk(move: { kind: 'verify' | 'store'; pick: number; ok: boolean }): void {
    const set = move.kind === 'verify' ? this.books.verifying : this.books.writing
    // As a session does with what is ready in one tick: one time in three all of them are one step.
    if (move.pick % 3 === 2) return this.events([...set].map((piece) => this.#settled(move, piece)))
    const found = chosen(set, move.pick)
    if (found !== undefined) this.event(this.#settled(move, found))
  }

  #settled(move: { kind: 'verify' | 'store'; ok: boolean }, found: number): SwarmEvent {
    const piece = pieceIndex(found)
    if (move.kind === 'verify') {
      this.books.verifying.delete(found)
      return { kind: 'piece-verified', piece, ok: move.ok }
    }
    this.books.writing.delete(found)
    if (move.ok) this.books.stored.add(found)
    return { kind: move.ok ? 'piece-stored' : 'store-failed', piece }
  }

  #wait(ms: number): void {
    const end = this.now + ms
    for (let ticks = 0; ticks < 2000; ticks++) {
      const wake = this.swarm.nextWake()
      if (wake === undefined || wake > end) break
      this.now = Math.max(this.now, wake)
      this.event({ kind: 'tick' })
    }
    this.now = end
  }

  /** An honest seeder comes and answers everything: whatever happened before, the share must complete. */
  finish(): void {
    this.budget.setCeiling(undefined)
    this.#prioritize({ start: 0, count: PIECES, priority: 2 })
    this.play({ kind: 'run', running: true })
    this.play({ kind: 'join', peer: 0 })
    this.event({ kind: 'peer-pieces', peer: 'p0', pieces: Bitfield.full(PIECES) })
    for (let round = 0; round < 400 && this.books.stored.size < PIECES; round++) this.#serveAll(round)
    this.#serveAll(3)
    assert.equal(this.books.stored.size, PIECES)
    assert.equal(this.books.open.size, 0)
    assert.equal(this.books.buffers.size, 0)
    assert(this.books.completions > 0)
  }

  #serveAll(round: number): void {
    for (const request of [...this.books.open.values()]) {
      if (request.peer === 'p0' && this.books.open.delete(request.id)) this.#deliver(request)
    }
    while (this.books.verifying.size > 0) this.#disk({ kind: 'verify', pick: 0, ok: true })
    while (this.books.writing.size > 0) this.#disk({ kind: 'store', pick: 0, ok: true })
    if (round % 4 === 3) this.#wait(5000)
  }
}

function chosen<T>(from: Iterable<T>, pick: number): T | undefined {
  const all = [...from]
  return all[pick % Math.max(1, all.length)]
}

function piecesOf({ start, count }: { start: number; count: number }): number[] {
  return Array.from({ length: PIECES }, (_, p) => p).filter((p) => p >= start && p < start + count)
}

function mapOf(bits: number, wrong: boolean): Bitfield {
  const pieces = new Bitfield(wrong ? PIECES + 1 : PIECES)
  for (let p = 0; p < PIECES; p++) if (bits === 2 ** PIECES || (bits >> p) & 1) pieces.set(p)
  return pieces
}

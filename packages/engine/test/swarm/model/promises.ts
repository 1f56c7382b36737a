import assert from 'node:assert/strict'
import { WIRE_LIMITS } from '@p2pshare/wire'
import type { RequestBudget, SwarmEffect } from '../../../src/index.ts'
import { PIECES } from './moves.ts'

const KIB = 1024

/** Small pieces in runs, middle ones whole, large ones in ranges. */
export function sizeOf(piece: number): number {
  if (piece < 12) return 20 * KIB + piece
  if (piece < 16) return 200 * KIB
  return 1024 * KIB - (piece === 23 ? 77 : 0)
}

export type Request = Extract<SwarmEffect, { kind: 'request' }>

const TOTAL = Array.from({ length: PIECES }, (_, p) => sizeOf(p)).reduce((a, b) => a + b)

/** What a session knows by its own books, and what it may rely on: checks each effect against it. */
export class Promises {
  readonly open = new Map<number, Request>()
  readonly buffers = new Set<number>()
  readonly verifying = new Set<number>()
  readonly writing = new Set<number>()
  readonly stored = new Set<number>()
  readonly skipped = new Set<number>()
  /** Who delivered bytes that lie in the piece's buffer. */
  readonly sources = new Map<number, Set<string>>()
  readonly interest = new Map<string, boolean>()
  running = true
  completions = 0
  #twice = 0
  readonly #budget: RequestBudget

  constructor(budget: RequestBudget) {
    this.#budget = budget
  }

  /** Throws when the effect breaks a promise. */
  check(effect: SwarmEffect): void {
    switch (effect.kind) {
      case 'request':
        return this.#request(effect)
      case 'cancel':
        assert.equal(this.open.get(effect.id)?.peer, effect.peer)
        this.open.delete(effect.id)
        return
      case 'verify':
        assert(this.buffers.has(effect.piece) && !this.verifying.has(effect.piece))
        this.verifying.add(effect.piece)
        return
      case 'write':
        assert(this.buffers.has(effect.piece) && !this.writing.has(effect.piece))
        this.writing.add(effect.piece)
        return
      case 'release':
        assert(this.buffers.delete(effect.piece), `piece ${effect.piece} released twice`)
        assert(
          !this.verifying.has(effect.piece) && !this.writing.has(effect.piece),
          'a buffer in use released'
        )
        this.#lastSources = this.sources.get(effect.piece) ?? new Set()
        this.sources.delete(effect.piece)
        return
      default:
        this.#word(effect)
    }
  }

  #lastSources = new Set<string>()

  #word(effect: SwarmEffect): void {
    switch (effect.kind) {
      case 'strike':
        // The wrong piece's buffer goes first; whoever is struck filled it alone.
        if (effect.offence === 'bad-piece') assert.deepEqual([...this.#lastSources], [effect.peer])
        return
      case 'interest':
        assert.notEqual(this.interest.get(effect.peer) ?? false, effect.interested)
        this.interest.set(effect.peer, effect.interested)
        return
      case 'drop-peer':
        return this.gone(effect.peer)
      case 'complete':
        this.completions++
        assert.equal(this.stored.size, PIECES)
        return
      case 'selection-complete':
        for (let p = 0; p < PIECES; p++) assert(this.stored.has(p) || this.skipped.has(p), `piece ${p} lacks`)
        return
      case 'seek':
        assert(effect.pieces.length <= 8)
        for (const piece of effect.pieces) assert(!this.skipped.has(piece) && !this.stored.has(piece))
        return
      case 'announce':
        for (const piece of effect.added) assert(this.stored.has(piece), `piece ${piece} announced`)
        return
      default:
    }
  }

  /** The peer is gone: nothing of it is open. */
  gone(peer: string): void {
    this.interest.delete(peer)
    for (const request of [...this.open.values()]) if (request.peer === peer) this.open.delete(request.id)
  }

  /** A request was answered. */
  delivered(request: Request): void {
    for (let p = request.piece; p < request.piece + request.count; p++) {
      this.sources.set(p, (this.sources.get(p) ?? new Set()).add(request.peer))
    }
  }

  #request(request: Request): void {
    assert(this.running, 'asked while paused')
    assert(!this.open.has(request.id))
    assert(request.length > 0 && request.length <= WIRE_LIMITS.request)
    let sum = 0
    for (let p: number = request.piece; p < request.piece + request.count; p++) {
      assert(
        !this.stored.has(p) && !this.skipped.has(p) && !this.verifying.has(p),
        `piece ${p} is not wanted`
      )
      this.buffers.add(p)
      sum += sizeOf(p)
    }
    if (request.count > 1) assert.deepEqual([request.offset, request.length], [0, sum])
    else assert(request.offset + request.length <= sum)
    this.#checkCopies(request)
    this.open.set(request.id, request)
    assert(this.#budget.maxRequests >= this.open.size)
  }

  #checkCopies(request: Request): void {
    const others = [...this.open.values()].filter((other) => overlap(request, other))
    assert(others.length <= 1, 'a third copy asked for')
    assert(
      others.every((other) => other.peer !== request.peer),
      'asked the same peer twice'
    )
    if (others.length > 0) this.#twice += request.length
    assert(this.#twice <= TOTAL * 0.05, 'more than 5 % asked twice')
  }
}

function overlap(a: Request, b: Request): boolean {
  if (a.piece + a.count <= b.piece || b.piece + b.count <= a.piece) return false
  if (a.count > 1 || b.count > 1) return true
  return a.offset < b.offset + b.length && b.offset < a.offset + a.length
}

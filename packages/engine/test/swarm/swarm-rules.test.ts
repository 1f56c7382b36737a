import { Bitfield, bytes, KiB, MiB, millis, pieceIndex, seededRng } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { createSwarm } from '../../src/index.ts'
import { Hand, type Of, only } from './hand-driven.ts'

/** Answers the requests to a peer in order, one every `every` ms, until all is stored; answers the requests. */
function serve(hand: Hand, peer: string, every: number): Of<'request'>[] {
  const requests = only(hand.effects.slice(0), 'request')
  for (let i = 0; i < requests.length; i++) {
    hand.pass(every)
    const effects = hand.do({ kind: 'data-arrived', peer, id: requests[i]?.id ?? 0 })
    for (const { piece } of only(effects, 'verify')) {
      effects.push(...hand.do({ kind: 'piece-verified', piece, ok: true }))
      effects.push(...hand.do({ kind: 'piece-stored', piece }))
    }
    requests.push(...only(effects, 'request'))
  }
  return requests
}

describe('the rules of a swarm', () => {
  test('a large piece is asked in ranges of 256 KiB, all from one peer', () => {
    const hand = new Hand(40, ['a', 'b'])
    const owners = new Map<number, Set<string>>()
    for (const request of only(hand.effects.slice(0), 'request')) {
      expect([request.count, request.length]).toEqual([1, 256 * KiB])
      owners.set(request.piece, (owners.get(request.piece) ?? new Set()).add(request.peer))
    }
    expect(owners.size).toBe(2)
    for (const peers of owners.values()) expect(peers.size).toBe(1)
  })

  test('a peer that is known to be quick is asked for a whole piece at a time, a slower one never', () => {
    for (const [every, longest] of [
      [4, MiB],
      [20, 256 * KiB]
    ] as const) {
      const hand = new Hand(64, ['a'])
      const requests = serve(hand, 'a', every)
      expect(requests[0]?.length).toBe(256 * KiB)
      expect(Math.max(...requests.map(({ length }) => length))).toBe(longest)
    }
  })

  test('a wrong piece of several sources costs nobody a strike and comes again from one peer', () => {
    const hand = new Hand(1, ['a'])
    const asked = only(hand.effects.slice(0), 'request')
    const [first] = asked
    hand.do({ kind: 'data-arrived', peer: 'a', id: first?.id ?? 0 })
    hand.do({ kind: 'peer-joined', peer: 'b', maxRequests: 64 })
    hand.do({ kind: 'peer-pieces', peer: 'b', pieces: Bitfield.full(1) })
    const moved = only(hand.do({ kind: 'peer-left', peer: 'a' }), 'request')
    const dropped = only(hand.do({ kind: 'tick' }), 'request')
    for (const request of [...moved, ...dropped]) hand.do({ kind: 'data-arrived', peer: 'b', id: request.id })
    const effects = hand.do({ kind: 'piece-verified', piece: pieceIndex(0), ok: false })
    expect(only(effects, 'strike')).toEqual([])
    const again = only(effects, 'request')
    expect(again.length).toBe(4)
    expect(new Set(again.map((request) => request.peer))).toEqual(new Set(['b']))
    for (const request of again) hand.do({ kind: 'data-arrived', peer: 'b', id: request.id })
    const blame = only(hand.do({ kind: 'piece-verified', piece: pieceIndex(0), ok: false }), 'strike')
    expect(blame).toEqual([{ kind: 'strike', peer: 'b', offence: 'bad-piece', piece: 0 }])
  })

  test('a wrong piece is never asked of the same peer again', () => {
    const hand = new Hand(1, ['a'])
    for (const request of only(hand.effects.slice(0), 'request'))
      hand.do({ kind: 'data-arrived', peer: 'a', id: request.id })
    const effects = hand.do({ kind: 'piece-verified', piece: pieceIndex(0), ok: false })
    expect(only(effects, 'request')).toEqual([])
    expect(only(hand.do({ kind: 'peer-pieces', peer: 'a', pieces: Bitfield.full(1) }), 'request')).toEqual([])
  })

  test('a machine that slept blames nobody', () => {
    const hand = new Hand(4, ['a'])
    const effects = hand.sleepUntil(120_000)
    expect(only(effects, 'cancel')).toEqual([])
    expect(only(hand.sleepUntil(139_000), 'cancel')).toEqual([])
    expect(only(hand.sleepUntil(140_000), 'cancel').length).toBeGreaterThan(0)
  })

  test('a resting peer is asked nothing until its time is over', () => {
    const hand = new Hand(8, ['a'])
    const effects = hand.do({ kind: 'peer-resting', peer: 'a', until: millis(60_000) })
    expect(only(effects, 'cancel').length).toBe(only(hand.effects.slice(0), 'request').length)
    expect(hand.swarm.nextWake()).toBeLessThanOrEqual(60_000)
    expect(only(hand.sleepUntil(59_999), 'request')).toEqual([])
    expect(only(hand.sleepUntil(60_000), 'request').length).toBeGreaterThan(0)
  })

  test('pieces are announced together within 100 ms; losses at once', () => {
    const hand = new Hand(4, ['a'])
    const stored: number[] = []
    for (const request of only(hand.effects.slice(0), 'request')) {
      for (const { piece } of only(hand.do({ kind: 'data-arrived', peer: 'a', id: request.id }), 'verify')) {
        hand.do({ kind: 'piece-verified', piece, ok: true })
        expect(only(hand.do({ kind: 'piece-stored', piece }), 'announce')).toEqual([])
        stored.push(piece)
      }
    }
    expect(stored.length).toBe(1)
    expect(only(hand.sleepUntil(100), 'announce')).toEqual([{ kind: 'announce', added: stored, removed: [] }])
    const lost = hand.do({ kind: 'pieces-lost', pieces: stored.map(pieceIndex) })
    expect(only(lost, 'announce')).toEqual([{ kind: 'announce', added: [], removed: stored }])
  })

  test('pausing cancels everything and loses interest; going on takes it up again', () => {
    const hand = new Hand(8, ['a'])
    const paused = hand.do({ kind: 'running', running: false })
    expect(only(paused, 'cancel').length).toBe(only(hand.effects.slice(0), 'request').length)
    expect(only(paused, 'interest')).toEqual([{ kind: 'interest', peer: 'a', interested: false }])
    expect(hand.swarm.snapshot().begun).toBe(0)
    expect(only(hand.do({ kind: 'running', running: true }), 'request').length).toBeGreaterThan(0)
  })

  test('after a failed write nothing is begun for a second', () => {
    const hand = new Hand(1, ['a'])
    for (const request of only(hand.effects.slice(0), 'request'))
      hand.do({ kind: 'data-arrived', peer: 'a', id: request.id })
    hand.do({ kind: 'piece-verified', piece: pieceIndex(0), ok: true })
    expect(only(hand.do({ kind: 'store-failed', piece: pieceIndex(0) }), 'request')).toEqual([])
    expect(hand.swarm.nextWake()).toBe(1000)
    expect(only(hand.sleepUntil(1000), 'request').length).toBe(4)
  })

  test('a peer that chokes and unchokes without end is left alone', () => {
    const hand = new Hand(8, ['a'])
    let requests = 0
    for (let i = 0; i < 1000; i++) {
      requests += only(hand.do({ kind: 'peer-choking', peer: 'a', choking: i % 2 === 0 }), 'request').length
    }
    expect(requests).toBeLessThan(100)
  })

  test('a peer that rewrites a large map without end is dropped', () => {
    const swarm = createSwarm({
      layout: { pieceCount: 100_000, blockSize: () => bytes(MiB) },
      have: new Bitfield(100_000),
      rng: seededRng(1)
    })
    swarm.handle({ kind: 'peer-joined', peer: 'a', maxRequests: 64 }, millis(0))
    let messages = 0
    while (!swarm.takeEffects().some((effect) => effect.kind === 'drop-peer')) {
      const runs = [{ start: 0, count: 100_000 }]
      const even = messages++ % 2 === 0
      swarm.handle(
        { kind: 'peer-delta', peer: 'a', added: even ? runs : [], removed: even ? [] : runs },
        millis(messages)
      )
    }
    expect(messages).toBeLessThan(12)
  })

  test('an honest peer that goes from nothing to everything piece by piece is not', () => {
    const hand = new Hand(2000, [])
    hand.do({ kind: 'peer-joined', peer: 'a', maxRequests: 64 })
    for (let p = 0; p < 2000; p += 1) {
      hand.swarm.handle(
        { kind: 'peer-delta', peer: 'a', added: [{ start: p, count: 1 }], removed: [] },
        millis(p)
      )
      expect(only(hand.swarm.takeEffects(), 'drop-peer')).toEqual([])
    }
  })
})

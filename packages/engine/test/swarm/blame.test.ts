import { KiB, MiB, millis, pieceIndex } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { Hand, only } from './hand-driven.ts'
import { SimulatedSwarm } from './simulated-swarm.ts'

/** A piece of two halves came from `a` and `b` and is wrong; both are still there. */
function mixedFailure(pieces: number): Hand {
  const hand = new Hand(pieces, ['a'], { size: () => 512 * KiB })
  const piece = hand.open()[0]?.piece ?? pieceIndex(0)
  const [first] = hand.open().filter((request) => request.piece === piece)
  if (first !== undefined) hand.answer(first)
  hand.do({ kind: 'peer-left', peer: 'a' })
  hand.join('b')
  const rest = hand.open().filter((request) => request.peer === 'b' && request.piece === piece)
  hand.join('a')
  hand.do({ kind: 'peer-choking', peer: 'a', choking: true })
  for (const request of rest) hand.answer(request)
  hand.do({ kind: 'piece-verified', piece, ok: false })
  return hand
}

describe('who is blamed for a wrong piece', () => {
  test('of several nobody is struck', () => {
    expect(only(mixedFailure(8).effects, 'strike')).toEqual([])
  })

  test('a suspect gets pieces of its own, and nobody helps it with them', () => {
    const hand = mixedFailure(2)
    hand.do({ kind: 'peer-choking', peer: 'a', choking: false })
    hand.join('c')
    const owners = new Map<number, Set<string>>()
    for (let round = 0; round < 20 && hand.open().length > 0; round++) {
      for (const { peer, piece } of hand.open()) owners.set(piece, (owners.get(piece) ?? new Set()).add(peer))
      const [request] = hand.open()
      if (request !== undefined) hand.store(hand.answer(request))
      hand.pass(300)
    }
    expect(only(hand.effects, 'complete').length).toBe(1)
    for (const peers of owners.values()) expect(peers.size).toBe(1)
    expect(hand.swarm.snapshot().duplicateBytes).toBe(0)
  })

  test('a suspect does not finish what another one began', () => {
    const hand = mixedFailure(8)
    hand.join('c')
    const piece = hand.open('c').at(-1)?.piece ?? pieceIndex(0)
    const [first] = hand.open('c').filter((request) => request.piece === piece)
    if (first !== undefined) hand.answer(first)
    for (const request of hand.open('b')) hand.answer(request)
    hand.do({ kind: 'peer-left', peer: 'c' })
    expect(hand.open('b').filter((request) => request.piece === piece)).toEqual([])
    hand.join('d')
    expect(hand.open('d').filter((request) => request.piece === piece).length).toBe(1)
  })

  test('a right piece from a suspect alone proves it innocent', () => {
    const hand = mixedFailure(12)
    const own = hand.open('b')[0]?.piece ?? pieceIndex(0)
    for (const request of hand.open('b').filter(({ piece }) => piece === own))
      hand.store(hand.answer(request))
    expect(hand.swarm.snapshot().have).toBe(1)
    hand.join('c')
    const piece = hand.open('c')[0]?.piece ?? pieceIndex(0)
    const [first] = hand.open('c').filter((request) => request.piece === piece)
    if (first !== undefined) hand.answer(first)
    hand.do({ kind: 'peer-left', peer: 'c' })
    for (const request of hand.open('b')) hand.answer(request)
    expect(
      only(hand.effects, 'request').filter((request) => request.peer === 'b' && request.piece === piece)
        .length
    ).toBeGreaterThan(0)
  })

  test('a wrong piece from a suspect alone is its own', () => {
    const hand = mixedFailure(8)
    const own = hand.open('b')[0]?.piece ?? pieceIndex(0)
    for (const request of hand.open('b').filter(({ piece }) => piece === own)) hand.answer(request)
    const effects = hand.do({ kind: 'piece-verified', piece: own, ok: false })
    expect(only(effects, 'strike')).toEqual([{ kind: 'strike', peer: 'b', offence: 'bad-piece', piece: own }])
  })

  test('of many corrupt peers each is banned within two bad pieces, no honest one ever', () => {
    const bad = Array.from({ length: 4 }, (_, i) => ({ name: `bad${i}`, rate: 1e6, corrupt: () => true }))
    const good = Array.from({ length: 8 }, (_, i) => ({ name: `good${i}`, rate: i < 4 ? 1e6 : 5e4 }))
    for (let seed = 1; seed <= 5; seed++) {
      const sim = new SimulatedSwarm({ pieceCount: 100, size: () => MiB, seed, peers: [...bad, ...good] })
      sim.run(400_000)
      expect(sim.completeAt, `seed ${seed}`).toBeDefined()
      expect([...sim.banned.keys()].filter((name) => name.startsWith('good'))).toEqual([])
      const strikes = sim.effects.filter((effect) => effect.kind === 'strike')
      for (const { name } of bad) expect(strikes.filter(({ peer }) => peer === name).length).toBeLessThan(3)
    }
  })
})

describe('what is nobody’s fault', () => {
  test('a failed write, a lost piece and a full disk strike nobody', () => {
    const hand = new Hand(4, ['a', 'b'])
    for (let round = 0; round < 6; round++) {
      const [request] = hand.open()
      if (request === undefined) break
      for (const { piece } of only(hand.answer(request), 'verify')) {
        hand.do({ kind: 'piece-verified', piece, ok: true })
        hand.do({ kind: round % 2 === 0 ? 'store-failed' : 'piece-stored', piece })
        hand.do({ kind: 'pieces-lost', pieces: [piece] })
      }
      hand.do({ kind: 'running', running: false })
      hand.pass(90_000)
      hand.do({ kind: 'running', running: true })
    }
    expect(only(hand.effects, 'strike')).toEqual([])
    expect(only(hand.effects, 'drop-peer')).toEqual([])
  })

  test('after our own sleep nothing counts as withheld, overdue or silent', () => {
    const hand = new Hand(8, ['a', 'b'])
    hand.sleepUntil(600_000)
    for (const request of hand.open('a')) {
      const effects = hand.do({ kind: 'data-progress', peer: 'a', bytes: request.length })
      expect(only(effects, 'cancel')).toEqual([])
      hand.store(hand.answer(request))
      if (hand.now > 605_000) break
      hand.now += 500
    }
    expect(only(hand.effects, 'strike')).toEqual([])
    expect(only(hand.effects, 'drop-peer')).toEqual([])
    expect(only(hand.effects, 'cancel')).toEqual([])
  })

  test('a slow but honest peer that needs 30 s for a request is not taken for one that withholds', () => {
    const hand = new Hand(1, ['a'], { size: () => 256 * KiB })
    const [request] = hand.open('a')
    for (let sent = 0; sent < 256; sent += 8) {
      hand.pass(1000)
      hand.do({ kind: 'data-progress', peer: 'a', bytes: (8 * KiB) as never })
    }
    expect(only(hand.effects, 'cancel')).toEqual([])
    if (request !== undefined) hand.store(hand.answer(request))
    expect(only(hand.effects, 'complete').length).toBe(1)
    expect(hand.now).toBeGreaterThan(millis(30_000))
  })

  test('one that sends all but the oldest request has made a false claim', () => {
    const hand = new Hand(8, ['a'])
    const [withheld, ...others] = hand.open('a')
    for (const request of others) hand.store(hand.answer(request))
    for (let i = 0; i < 25; i++) {
      hand.pass(1000)
      const [, next] = hand.open('a')
      if (next !== undefined) hand.store(hand.answer(next))
    }
    expect(only(hand.effects, 'cancel').some(({ id }) => id === withheld?.id)).toBe(true)
  })
})

import { KiB, MiB, millis, pieceIndex } from '@p2pshare/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PiecePriority } from '../../src/picker/piece-picker.ts'
import { ReferencePicker } from '../picker/reference-picker.ts'
import { Hand, only } from './hand-driven.ts'

const SIZE = 300 * KiB
const PIECES = 24

const run = fc.record({ start: fc.nat(PIECES), count: fc.nat(10) })
const plan = fc.record({
  has: fc.uniqueArray(fc.nat(PIECES - 1), { maxLength: PIECES, size: 'max' }),
  priorities: fc.array(fc.tuple(run, fc.constantFrom<PiecePriority>(0, 1, 2, 3)), { maxLength: 5 }),
  deadlines: fc.array(fc.tuple(run, fc.nat(4000)), { maxLength: 4 }),
  seed: fc.nat()
})

function piecesOf({ start, count }: { start: number; count: number }): number[] {
  return Array.from({ length: PIECES }, (_, p) => p).filter((p) => p >= start && p < start + count)
}

/** The order in which a lone peer is asked to begin pieces, with all answered at once. */
function begunOrder(hand: Hand): number[] {
  for (let open = hand.open(); open.length > 0; open = hand.open()) {
    const [request] = open
    if (request !== undefined) hand.store(hand.answer(request))
  }
  return [...new Set(only(hand.effects, 'request').map(({ piece }) => piece as number))]
}

describe('what is fetched, and in which order', () => {
  test('a sequential fetch with priorities and deadlines goes as the obvious picker says', () => {
    fc.assert(
      fc.property(plan, ({ has, priorities, deadlines, seed }) => {
        const hand = new Hand(PIECES, [], { seed, size: () => SIZE, limits: { rarestOneIn: 2 ** 32 } })
        const reference = new ReferencePicker(Array.from({ length: PIECES }, (_, p) => p))
        reference.claims.set('a', new Set(has))
        hand.do({ kind: 'order', order: 'sequential' })
        for (const [range, priority] of priorities) {
          hand.do({ kind: 'priorities', ranges: [{ ...range, priority }] })
          for (const p of piecesOf(range)) reference.priorities.set(p, priority)
        }
        for (const [pieces, due] of deadlines) {
          hand.do({ kind: 'deadline', pieces, due: millis(due) })
          reference.waits.push({ start: pieces.start, end: pieces.start + pieces.count, due })
          for (const p of piecesOf(pieces)) if (reference.priority(p) === 0) reference.priorities.set(p, 1)
        }
        const right = reference.sequence('a')
        hand.join('a', has)
        expect(begunOrder(hand)).toEqual(right)
        const complete = only(hand.effects, 'complete').length
        expect(complete).toBe(right.length === PIECES ? 1 : 0)
      }),
      { numRuns: 300 }
    )
  })

  test('one pick in ten of a sequential fetch is a rarest one', () => {
    const hand = new Hand(2000, [], { size: () => 200 * KiB })
    hand.do({ kind: 'order', order: 'sequential' })
    hand.join(
      'b',
      Array.from({ length: 1000 }, (_, p) => p)
    )
    hand.do({ kind: 'peer-choking', peer: 'b', choking: true })
    hand.join('a')
    const order = begunOrder(hand)
    const early = order.slice(0, 500).filter((piece) => piece >= 1000).length
    expect(early).toBeGreaterThan(25)
    expect(early).toBeLessThan(80)
  })

  test('what is skipped is cancelled at once and no longer wanted; the rest completes the selection', () => {
    const hand = new Hand(4, ['a'], { size: () => SIZE })
    const effects = hand.do({ kind: 'priorities', ranges: [{ start: 0, count: 3, priority: 0 }] })
    expect(only(effects, 'cancel').length).toBeGreaterThan(0)
    expect(new Set(hand.open().map(({ piece }) => piece as number))).toEqual(new Set([3]))
    for (const request of hand.open()) hand.store(hand.answer(request))
    expect(only(hand.effects, 'selection-complete').length).toBe(1)
    expect(only(hand.effects, 'complete')).toEqual([])
    expect(only(hand.effects, 'interest').at(-1)).toMatchObject({ peer: 'a', interested: false })
    hand.pass(60_000)
    expect(hand.swarm.nextWake()).toBeUndefined()
    hand.do({ kind: 'priorities', ranges: [{ start: 0, count: 3, priority: 2 }] })
    begunOrder(hand)
    expect(only(hand.effects, 'complete').length).toBe(1)
    expect(only(hand.effects, 'selection-complete').length).toBe(1)
  })

  test('a piece stored by somebody else is cancelled, counted and announced', () => {
    const hand = new Hand(2, ['a'])
    const first = hand.open()[0]?.piece ?? pieceIndex(0)
    const asked = hand.open().filter(({ piece }) => piece === first)
    const effects = hand.do({ kind: 'piece-here', piece: first })
    expect(only(effects, 'cancel').length).toBe(asked.length)
    expect(only(effects, 'release')).toEqual([{ kind: 'release', piece: first }])
    expect(hand.swarm.snapshot().have).toBe(1)
    expect(only(hand.pass(100), 'announce')[0]?.added).toEqual([first])
    expect(hand.do({ kind: 'piece-here', piece: first })).toEqual([])
    const last = hand.do({ kind: 'piece-here', piece: pieceIndex(1 - first) })
    expect(only(last, 'complete').length).toBe(1)
    expect(hand.open()).toEqual([])
  })

  test('a piece stored by somebody else while its hash is checked keeps its buffer until then', () => {
    const hand = new Hand(2, ['a'], { size: () => SIZE })
    const first = hand.open()[0]?.piece ?? pieceIndex(0)
    for (const request of hand.open().filter(({ piece }) => piece === first)) hand.answer(request)
    expect(only(hand.do({ kind: 'piece-here', piece: first }), 'release')).toEqual([])
    const effects = hand.do({ kind: 'piece-verified', piece: first, ok: false })
    expect(only(effects, 'release')).toEqual([{ kind: 'release', piece: first }])
    expect(only(effects, 'strike').length).toBe(1)
    expect(hand.swarm.snapshot().have).toBe(1)
  })

  test('other small pieces of a run go into a new run when one of them is here', () => {
    const hand = new Hand(20, ['a'], { size: () => 10 * KiB })
    expect(hand.open()).toMatchObject([{ piece: 0, count: 20 }])
    const effects = hand.do({ kind: 'piece-here', piece: pieceIndex(7) })
    expect(only(effects, 'cancel').length).toBe(1)
    expect(hand.open().map(({ piece, count }) => [piece, count])).toEqual(
      expect.arrayContaining([
        [0, 7],
        [8, 12]
      ])
    )
  })
})

describe('what a reader waits for', () => {
  test('a large piece that is due comes from several peers at once, the fast ones first', () => {
    const hand = new Hand(100, ['a', 'b', 'c', 'd'])
    hand.do({ kind: 'deadline', pieces: { start: 50, count: 1 }, due: millis(500) })
    const asked = only(hand.effects, 'request').filter(({ piece }) => piece === 50)
    expect(asked.length).toBe(4)
    expect(new Set(asked.map(({ peer }) => peer)).size).toBe(4)
  })

  test('near the due time a second peer is asked, within 5 %, and withdrawing ends that', () => {
    const hand = new Hand(100, ['slow'])
    hand.do({ kind: 'peer-delta', peer: 'slow', added: [], removed: [] })
    hand.do({ kind: 'deadline', pieces: { start: 50, count: 2 }, due: millis(5000) })
    const first = hand.open().filter(({ piece }) => piece === 50)
    expect(first.length).toBe(4)
    hand.join('fast')
    expect(hand.open('fast').filter(({ piece }) => piece === 50)).toEqual([])
    hand.pass(4000)
    const copies = hand.open('fast').filter(({ piece }) => piece === 50 || piece === 51)
    expect(copies.length).toBeGreaterThan(0)
    expect(hand.swarm.snapshot().duplicateBytes).toBeLessThanOrEqual(100 * MiB * 0.05)
    hand.do({ kind: 'deadline-withdrawn', pieces: { start: 0, count: 100 } })
    const before = hand.open('fast').length
    hand.pass(500)
    expect(hand.open('fast').length).toBe(before)
  })
})

import { Bitfield, seededRng } from '@p2pshare/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PickMemory, type PickOrder, PiecePicker, type PiecePriority } from '../../src/picker/piece-picker.ts'
import { ReferencePicker } from './reference-picker.ts'

const PIECES = 40

function bitfield(length: number, pieces: Iterable<number>): Bitfield {
  const field = new Bitfield(length)
  for (const piece of pieces) field.set(piece)
  return field
}

/** A swarm drawn as one string a peer: `x` has the piece, anything else does not. */
function drawn(...rows: string[]): { picker: PiecePicker; claims: Bitfield[] } {
  const length = rows[0]?.length ?? 0
  const picker = new PiecePicker(Bitfield.full(length), seededRng(3))
  const claims = rows.map((row) =>
    bitfield(
      length,
      Array.from(row).flatMap((c, i) => (c === 'x' ? [i] : []))
    )
  )
  for (const claim of claims) for (const piece of claim.ones()) picker.claim(piece)
  return { picker, claims }
}

type Step =
  | { kind: 'claim' | 'unclaim'; peer: string; piece: number }
  | { kind: 'take' | 'put-back'; piece: number }
  | { kind: 'priority'; piece: number; priority: PiecePriority }
  | { kind: 'pick'; peer: string; how: PickOrder }

const piece = fc.nat(PIECES - 1)
const peer = fc.constantFrom('a', 'b', 'c', 'd')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('claim' as const, 'unclaim' as const), peer, piece }),
  fc.record({ kind: fc.constantFrom('take' as const, 'put-back' as const), piece }),
  fc.record({ kind: fc.constant('priority' as const), piece, priority: fc.constantFrom(0, 1, 2, 3) }),
  fc.record({ kind: fc.constant('pick' as const), peer, how: fc.constantFrom('rarest', 'random', 'first') })
)

/** The real picker and the obvious one, told the same. */
class Pair {
  readonly picker: PiecePicker
  readonly reference = new ReferencePicker(Array.from({ length: PIECES }, (_, i) => i))
  readonly memories = new Map<string, PickMemory>()

  constructor(seed: number) {
    this.picker = new PiecePicker(Bitfield.full(PIECES), seededRng(seed))
  }

  apply(s: Step): void {
    const { picker, reference } = this
    switch (s.kind) {
      case 'take':
        picker.take(s.piece)
        reference.candidates.delete(s.piece)
        return
      case 'put-back':
        if (!reference.candidates.has(s.piece)) picker.putBack(s.piece)
        reference.candidates.add(s.piece)
        return
      case 'priority':
        picker.setPriority(s.piece, s.priority)
        reference.priorities.set(s.piece, s.priority)
        return
      case 'pick':
        return this.#pick(s.peer, s.how)
      default:
        this.#change(s.kind, s.peer, s.piece)
    }
  }

  #change(kind: 'claim' | 'unclaim', peer: string, piece: number): void {
    const own = this.#own(peer)
    if (kind === 'claim' && !own.has(piece)) {
      own.add(piece)
      this.#memory(peer).clear()
      this.picker.claim(piece)
    } else if (kind === 'unclaim' && own.delete(piece)) this.picker.unclaim(piece)
  }

  #pick(peer: string, how: PickOrder): void {
    const right = this.reference[how](peer)
    const answer = this.picker.pick(bitfield(PIECES, this.#own(peer)), how, this.#memory(peer))
    if (right.size === 0) expect(answer).toBeUndefined()
    else expect(right).toContain(answer)
  }

  #own(peer: string): Set<number> {
    const own = this.reference.claims.get(peer) ?? new Set<number>()
    this.reference.claims.set(peer, own)
    return own
  }

  #memory(peer: string): PickMemory {
    const memory = this.memories.get(peer) ?? new PickMemory()
    this.memories.set(peer, memory)
    return memory
  }
}

describe('the piece picker', () => {
  test('agrees with the reference picker over any sequence of changes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200, size: 'max' }), fc.integer(), (steps, seed) => {
        const pair = new Pair(seed)
        for (const s of steps) pair.apply(s)
        pair.picker.checkInvariants()
        const { reference, picker } = pair
        for (let p = 0; p < PIECES; p++) expect(picker.availability(p)).toBe(reference.availability(p))
        const wanted = [...reference.candidates].filter((p) => reference.priority(p) > 0)
        expect(picker.candidates).toBe(wanted.length)
        expect(picker.unavailable).toBe(wanted.filter((p) => reference.availability(p) === 0).length)
      }),
      { numRuns: 300 }
    )
  })

  test('takes the rarest piece that the peer has', () => {
    const { picker, claims } = drawn('xxxx', ' xxx', '  xx')
    expect(picker.pick(claims[0] ?? new Bitfield(4))).toBe(0)
    expect(picker.pick(claims[1] ?? new Bitfield(4))).toBe(1)
    expect([2, 3]).toContain(picker.pick(claims[2] ?? new Bitfield(4)))
  })

  test('takes a higher priority before a rarer piece, and never what is skipped', () => {
    const { picker, claims } = drawn('xxxx', ' xxx', '  xx')
    const own = claims[0] ?? new Bitfield(4)
    picker.setPriority(3, 3)
    picker.setPriority(0, 0)
    expect(picker.pick(own)).toBe(3)
    picker.take(3)
    expect(picker.pick(own)).toBe(1)
    picker.take(1)
    picker.take(2)
    expect(picker.pick(own)).toBeUndefined()
    expect([picker.candidates, picker.isSkipped(0)]).toEqual([0, true])
    picker.setPriority(0, 1)
    expect(picker.pick(own)).toBe(0)
  })

  test('a run never mixes priorities', () => {
    const { picker, claims } = drawn('xxxxxx')
    picker.setPriority(2, 1)
    const limits = { pieces: 256, bytes: 1000, smallSize: () => 10 }
    expect(picker.runAt(4, claims[0] ?? new Bitfield(6), limits)).toEqual({ start: 3, count: 3 })
  })

  test('chooses evenly among equals', () => {
    const counts = new Map<number | undefined, number>()
    for (let seed = 0; seed < 2000; seed++) {
      const picker = new PiecePicker(Bitfield.full(8), seededRng(seed))
      for (let p = 0; p < 8; p++) picker.claim(p)
      const answer = picker.pick(Bitfield.full(8))
      counts.set(answer, (counts.get(answer) ?? 0) + 1)
    }
    for (let p = 0; p < 8; p++) expect(counts.get(p)).toBeGreaterThan(150)
  })

  test('finds the one piece of a poor peer among 100,000 others', () => {
    const length = 100_000
    const picker = new PiecePicker(Bitfield.full(length), seededRng(1))
    picker.addSeed()
    const poor = bitfield(length, [77_777])
    picker.claim(77_777)
    picker.claim(77_777)
    for (let p = 0; p < 50_000; p++) picker.claim(p)
    expect(picker.pick(poor)).toBe(77_777)
    picker.take(77_777)
    expect(picker.pick(poor)).toBeUndefined()
  })

  test('lays runs side by side, of small pieces that the peer has', () => {
    const { picker, claims } = drawn('xxxx xxxxx')
    const own = claims[0] ?? new Bitfield(10)
    const sizes = [10, 10, 10, 99, 10, 10, 10, 10, 10, 10]
    const smallSize = (p: number): number | undefined => ((sizes[p] ?? 99) > 50 ? undefined : sizes[p])
    const limits = { pieces: 256, bytes: 30, smallSize }
    expect(picker.runAt(2, own, limits)).toEqual({ start: 0, count: 3 })
    expect(picker.runAt(3, own, limits)).toEqual({ start: 3, count: 1 })
    expect(picker.runAt(9, own, limits)).toEqual({ start: 5, count: 3 })
    expect(picker.runAt(9, own, { ...limits, pieces: 8 })).toEqual({ start: 8, count: 2 })
  })
})

import { Bitfield, seededRng } from '@p2pshare/base'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PiecePicker } from '../../src/picker/piece-picker.ts'
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
  | { kind: 'pick'; peer: string }

const piece = fc.nat(PIECES - 1)
const peer = fc.constantFrom('a', 'b', 'c', 'd')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('claim' as const, 'unclaim' as const), peer, piece }),
  fc.record({ kind: fc.constantFrom('take' as const, 'put-back' as const), piece }),
  fc.record({ kind: fc.constant('pick' as const), peer })
)

function apply(picker: PiecePicker, reference: ReferencePicker, s: Step): void {
  if (!('peer' in s)) {
    if (s.kind === 'take') {
      picker.take(s.piece)
      reference.candidates.delete(s.piece)
    } else if (!reference.candidates.has(s.piece)) {
      picker.putBack(s.piece)
      reference.candidates.add(s.piece)
    }
    return
  }
  const own = reference.claims.get(s.peer) ?? new Set<number>()
  reference.claims.set(s.peer, own)
  if (s.kind === 'claim' && !own.has(s.piece)) {
    own.add(s.piece)
    picker.claim(s.piece)
  } else if (s.kind === 'unclaim' && own.delete(s.piece)) picker.unclaim(s.piece)
  else if (s.kind === 'pick') {
    const right = reference.rightAnswers(s.peer)
    const answer = picker.pick(bitfield(PIECES, own))
    if (right.size === 0) expect(answer).toBeUndefined()
    else expect(right).toContain(answer)
  }
}

describe('the piece picker', () => {
  test('agrees with the reference picker over any sequence of changes', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), fc.integer(), (steps, seed) => {
        const picker = new PiecePicker(Bitfield.full(PIECES), seededRng(seed))
        const reference = new ReferencePicker(Array.from({ length: PIECES }, (_, i) => i))
        for (const s of steps) apply(picker, reference, s)
        picker.checkInvariants()
        for (let p = 0; p < PIECES; p++) expect(picker.availability(p)).toBe(reference.availability(p))
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

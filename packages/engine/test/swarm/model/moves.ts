import type { RefuseReason } from '@p2pshare/wire'
import fc from 'fast-check'

/** Pieces of the share that the model plays. */
export const PIECES = 24

/** Numbers that no honest session gives; a move names one by its place, so that it can be kept as JSON. */
export const HOSTILE = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -1,
  0.5,
  PIECES,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  Number.MAX_VALUE,
  -0,
  3
] as const

/** One move of a session; numbers choose among what is possible then. */
export type Move =
  | { kind: 'join' | 'leave' | 'choke' | 'unchoke' | 'rest'; peer: number }
  | { kind: 'map'; peer: number; bits: number; wrong: boolean }
  | { kind: 'delta'; peer: number; start: number; count: number; add: boolean }
  | { kind: 'answer' | 'progress'; pick: number }
  | { kind: 'refuse'; pick: number; reason: RefuseReason }
  | { kind: 'rtt'; peer: number; ms: number }
  | { kind: 'verify'; pick: number; ok: boolean }
  | { kind: 'store'; pick: number; ok: boolean }
  | { kind: 'lose' | 'here'; piece: number }
  | { kind: 'run'; running: boolean }
  | { kind: 'priority'; start: number; count: number; priority: 0 | 1 | 2 | 3 }
  | { kind: 'order'; sequential: boolean }
  | { kind: 'deadline'; start: number; count: number; ms: number }
  | { kind: 'withdraw'; start: number; count: number }
  | { kind: 'ceiling'; kib: number; node: boolean }
  | { kind: 'flips'; peer: number; times: number }
  | { kind: 'hostile'; what: number; peer: number; a: number; b: number }
  | { kind: 'wait'; ms: number }
  | { kind: 'sleep'; ms: number }

const REASONS: RefuseReason[] = [
  'lacking',
  'unavailable',
  'busy',
  'choked',
  'paused',
  'cancelled',
  'unknown-share',
  'unspecified'
]

const peer = fc.nat(3)
const pick = fc.nat(1000)
const start = fc.integer({ min: -3, max: PIECES + 6 })
const count = fc.integer({ min: -1, max: PIECES + 16 })
const odd = fc.nat(HOSTILE.length - 1)

type MoveOf<K extends Move['kind']> = Extract<Move, { kind: K }>

function weighted<M extends Move>(weight: number, arbitrary: fc.Arbitrary<M>) {
  return { weight, arbitrary: arbitrary as fc.Arbitrary<Move> }
}

function kinds<K extends Move['kind']>(...names: K[]): fc.Arbitrary<K> {
  return fc.constantFrom(...names)
}

const peers = [
  weighted(3, fc.record({ kind: kinds('join'), peer }) as fc.Arbitrary<MoveOf<'join'>>),
  weighted(
    3,
    fc.record({ kind: kinds('leave', 'choke', 'unchoke', 'rest'), peer }) as fc.Arbitrary<MoveOf<'leave'>>
  ),
  weighted(
    6,
    fc.record({
      kind: kinds('map'),
      peer,
      bits: fc.integer({ min: 0, max: 2 ** PIECES }),
      wrong: fc.integer({ min: 0, max: 9 }).map((n) => n === 0)
    })
  ),
  weighted(4, fc.record({ kind: kinds('delta'), peer, start, count, add: fc.boolean() })),
  weighted(1, fc.record({ kind: kinds('rtt'), peer, ms: fc.nat(5000) })),
  weighted(1, fc.record({ kind: kinds('flips'), peer, times: fc.nat(50) }))
]

const answers = [
  weighted(20, fc.record({ kind: kinds('answer', 'progress'), pick }) as fc.Arbitrary<MoveOf<'answer'>>),
  weighted(3, fc.record({ kind: kinds('refuse'), pick, reason: fc.constantFrom(...REASONS) })),
  weighted(
    12,
    fc.record({ kind: kinds('verify'), pick, ok: fc.integer({ min: 0, max: 9 }).map((n) => n > 1) })
  ),
  weighted(
    12,
    fc.record({ kind: kinds('store'), pick, ok: fc.integer({ min: 0, max: 9 }).map((n) => n > 0) })
  )
]

const own = [
  weighted(
    3,
    fc.record({ kind: kinds('lose', 'here'), piece: fc.nat(PIECES - 1) }) as fc.Arbitrary<MoveOf<'lose'>>
  ),
  weighted(1, fc.record({ kind: kinds('run'), running: fc.boolean() })),
  weighted(
    3,
    fc.record({ kind: kinds('priority'), start, count, priority: fc.constantFrom(0, 1, 2, 3) })
  ) as { weight: number; arbitrary: fc.Arbitrary<Move> },
  weighted(1, fc.record({ kind: kinds('order'), sequential: fc.boolean() })),
  weighted(
    3,
    fc.record({ kind: kinds('deadline'), start, count, ms: fc.integer({ min: -100, max: 10_000 }) })
  ),
  weighted(1, fc.record({ kind: kinds('withdraw'), start, count })),
  weighted(1, fc.record({ kind: kinds('ceiling'), kib: fc.nat(4096), node: fc.boolean() })),
  weighted(3, fc.record({ kind: kinds('hostile'), what: fc.nat(16), peer: fc.nat(4), a: odd, b: odd })),
  weighted(6, fc.record({ kind: kinds('wait'), ms: fc.constantFrom(1, 50, 300, 2500, 21_000, 200_000) })),
  weighted(1, fc.record({ kind: kinds('sleep'), ms: fc.constantFrom(6000, 90_000) }))
]

/** Any move, answers more often than trouble. */
export const move: fc.Arbitrary<Move> = fc.oneof(...peers, ...answers, ...own)

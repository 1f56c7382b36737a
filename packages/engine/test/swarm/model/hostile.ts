import type { Bytes, Millis, PieceIndex } from '@p2pshare/base'
import type { SwarmEvent } from '../../../src/index.ts'
import { HOSTILE, type Move } from './moves.ts'

/** Events that no honest session posts: numbers that are none, huge runs, strangers, ids never given. */
export function hostileEvents(move: Extract<Move, { kind: 'hostile' }>): SwarmEvent[] {
  const peer = move.peer === 4 ? 'stranger' : `p${move.peer}`
  const a = HOSTILE[move.a] ?? 0
  const b = HOSTILE[move.b] ?? 0
  const run = { start: a, count: b }
  // What is valid among these numbers must not change what the model knows of pieces.
  const piece = (Number.isInteger(a) && a >= 0 && a < 24 ? 0.5 : a) as PieceIndex
  const all: SwarmEvent[][] = [
    [{ kind: 'peer-delta', peer, added: [run, run], removed: [] }],
    [{ kind: 'peer-delta', peer, added: [], removed: [run] }],
    [{ kind: 'peer-delta', peer, added: [{ start: -(2 ** 40), count: 2 ** 41 }], removed: [run] }],
    [{ kind: 'data-arrived', peer, id: a * 1e6 }],
    [{ kind: 'data-arrived', peer: 'stranger', id: 1 }],
    [{ kind: 'refused', peer, id: a * 1e6, reason: 'lacking' }],
    [{ kind: 'data-progress', peer, bytes: a as Bytes }],
    [{ kind: 'round-trip', peer, rtt: a as Millis }],
    [{ kind: 'peer-resting', peer, until: a as Millis }],
    [
      { kind: 'piece-verified', piece, ok: true },
      { kind: 'piece-stored', piece },
      { kind: 'store-failed', piece }
    ],
    [{ kind: 'piece-here', piece }],
    [{ kind: 'pieces-lost', pieces: [piece, piece] }],
    [{ kind: 'priorities', ranges: [{ start: 0, count: 24, priority: 7 as 3 }] }],
    [{ kind: 'priorities', ranges: [{ start: 0.5, count: b, priority: 0 }] }],
    [{ kind: 'deadline', pieces: { start: 0.5, count: b }, due: a as Millis }],
    [{ kind: 'deadline-withdrawn', pieces: run }],
    [{ kind: 'ceiling', bytes: a }]
  ]
  return all[move.what] ?? []
}

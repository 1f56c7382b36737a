import { type Bytes, bytes, type Millis, type PieceIndex } from '@p2pshare/base'
import type { BegunPiece, PieceRange } from './begun-pieces.ts'
import { type SwarmPeer, type SwarmState, wakeBy } from './swarm-state.ts'

/** Sends a request for one range of a piece. */
export function askRange(
  s: SwarmState,
  peer: SwarmPeer,
  begun: BegunPiece,
  range: PieceRange,
  now: Millis
): void {
  const { piece } = begun
  const id = send(s, peer, { piece, count: 1, offset: range.offset, length: range.length }, now)
  s.begun.ask(begun, range, id)
}

/** Sends a request for whole pieces, each of one range. */
export function askRun(s: SwarmState, peer: SwarmPeer, run: readonly BegunPiece[], now: Millis): void {
  const first = run[0]
  if (first === undefined) return
  const length = bytes(run.reduce((sum, begun) => sum + begun.size, 0))
  const id = send(s, peer, { piece: first.piece, count: run.length, offset: bytes(0), length }, now)
  for (const begun of run) {
    const range = begun.ranges[0]
    if (range !== undefined) s.begun.ask(begun, range, id)
  }
}

type Extent = { piece: PieceIndex; count: number; offset: Bytes; length: Bytes }

function send(s: SwarmState, peer: SwarmPeer, extent: Extent, now: Millis): number {
  const first = s.requests.count(peer.key) === 0
  if (first) peer.lastProgress = now
  peer.window.onRequest(first, now)
  wakeBy(s, now + s.limits.requestTimeout)
  const { id } = s.requests.add({ ...extent, peer: peer.key, sentAt: now }, peer.received)
  s.effects.push({ kind: 'request', peer: peer.key, id, ...extent })
  return id
}

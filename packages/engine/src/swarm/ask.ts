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
  askRanges(s, peer, begun, [range], now)
}

/**
 * Sends one request for a range and, of a quick peer, for the missing ones right after it: a request costs both
 * sides about as much as the encryption of what is asked for.
 */
export function askOnwards(
  s: SwarmState,
  peer: SwarmPeer,
  begun: BegunPiece,
  first: PieceRange,
  now: Millis
): void {
  const ranges = [first]
  if (isQuick(s, peer)) {
    const most = Math.floor(s.limits.requestBytes / s.limits.rangeBytes)
    const start = begun.ranges.indexOf(first)
    for (const range of begun.ranges.slice(start + 1, start + most)) {
      if (range.state !== 'missing') break
      ranges.push(range)
    }
  }
  askRanges(s, peer, begun, ranges, now)
}

/** Whether the longest request is a short time's work for the peer, and the budgets allow for it. */
function isQuick(s: SwarmState, peer: SwarmPeer): boolean {
  const { quickRate, requestBytes } = s.limits
  if (peer.window.expectedRate < quickRate || !s.budget.fits(requestBytes)) return false
  return s.requests.totalBytes + requestBytes <= s.ceiling
}

/** Sends a request for ranges of a piece. @param ranges - one or more in a row, no longer than a request may be */
export function askRanges(
  s: SwarmState,
  peer: SwarmPeer,
  begun: BegunPiece,
  ranges: readonly PieceRange[],
  now: Millis
): void {
  const length = bytes(ranges.reduce((sum, range) => sum + range.length, 0))
  const offset = ranges[0]?.offset ?? bytes(0)
  const id = send(s, peer, { piece: begun.piece, count: 1, offset, length }, now)
  for (const range of ranges) s.begun.ask(begun, range, id)
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

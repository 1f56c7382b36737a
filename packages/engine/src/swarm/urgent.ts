import { type Millis, pieceIndex } from '@p2pshare/base'
import type { PieceRun } from '@p2pshare/wire'
import { arrivalTime, timeToArrive } from './arrival.ts'
import { askRange, askRun } from './ask.ts'
import type { BegunPiece, PieceRange } from './begun-pieces.ts'
import { runEnd, runStart } from './clip-run.ts'
import type { Deadline } from './deadlines.ts'
import { canCopy, copy } from './endgame.ts'
import { canAfford, mayAsk, smallSize } from './fill.ts'
import { beginPiece, makeRoom } from './piece-work.ts'
import { select } from './selection.ts'
import { pollSoon, type SwarmPeer, type SwarmState } from './swarm-state.ts'

/** Unfinished pieces looked at, from the earliest due on. */
const AHEAD = 64
/** A peer may be asked beyond its window for what it should deliver within this time (seconds). */
const QUEUE = 2
/** So long (ms) before a piece is due, a second copy is asked for if it should be here sooner. */
const NEAR = 2000
/** And should take no more than this part of the time of the first. */
const WORTH = 0.67

/** A reader waits for pieces. What was skipped of them is wanted from now on, with low priority. */
export function onDeadline(s: SwarmState, run: PieceRun, due: Millis): void {
  const { pieceCount } = s.layout
  const start = runStart(run, pieceCount)
  const end = runEnd(run, pieceCount)
  if (Number.isNaN(due)) return
  select(s, start, end)
  s.deadlines.set({ start, end, due })
}

/** Nobody waits for them any more. */
export function onWithdrawn(s: SwarmState, run: PieceRun): void {
  s.deadlines.withdraw(runStart(run, s.layout.pieceCount), runEnd(run, s.layout.pieceCount))
}

/**
 * Asks for what readers wait for: range by range from the peer from which it should arrive first,
 * queue and rate considered, so that a large piece comes from several peers at once when that is
 * faster. When the fastest has no room, its next answer makes some; waiting for it is faster than
 * the others. Near the due time a second peer is asked too (libtorrent's time-critical pieces).
 */
export function askUrgent(s: SwarmState, now: Millis): void {
  s.deadlines.prune(s.have)
  if (s.deadlines.size === 0) return
  const helpers = [...s.peers.values()].filter((peer) => !peer.snubbed && mayAsk(s, peer, now))
  if (helpers.length === 0) return
  pollSoon(s, now)
  let left = AHEAD
  for (const deadline of s.deadlines.all()) {
    for (
      let p = s.have.nextClear(deadline.start);
      p !== -1 && p < deadline.end;
      p = s.have.nextClear(p + 1)
    ) {
      if (left-- === 0 || !canAfford(s)) return
      askPiece(s, p, deadline, helpers, now)
    }
  }
}

function askPiece(
  s: SwarmState,
  piece: number,
  deadline: Deadline,
  helpers: readonly SwarmPeer[],
  now: Millis
): void {
  const begun = s.begun.get(pieceIndex(piece)) ?? begin(s, piece, deadline, helpers, now)
  if (begun?.state !== 'fetching') return
  for (const range of begun.ranges) {
    if (!canAfford(s)) return
    if (range.state === 'missing') askMissing(s, begun, range, helpers, now)
    else if (range.state === 'asked') askTwice(s, range, deadline, helpers, now)
  }
}

/** Begins the piece, if small in a run with others that are due together. */
function begin(
  s: SwarmState,
  piece: number,
  deadline: Deadline,
  helpers: readonly SwarmPeer[],
  now: Millis
): BegunPiece | undefined {
  if (!s.picker.isCandidate(piece)) return undefined
  const peer = fastest(s, helpers, piece, now)
  if (peer === undefined || !hasRoom(s, peer, now)) return undefined
  const run = beginRun(s, peer, piece, deadline.end)
  if (run.length > 1) askRun(s, peer, run, now)
  return run[0]
}

function beginRun(s: SwarmState, peer: SwarmPeer, first: number, end: number): BegunPiece[] {
  const run: BegunPiece[] = []
  let room = s.limits.rangeBytes
  for (let p = first; p < end && run.length < peer.runPieces; p++) {
    if (!s.picker.isCandidate(p) || !peer.claims.has(p)) break
    const small = smallSize(s, p)
    if (run.length > 0 && (small === undefined || small > room)) break
    if (!makeRoom(s, s.layout.blockSize(pieceIndex(p)))) break
    run.push(beginPiece(s, pieceIndex(p), peer))
    if (small === undefined) break
    room -= small
  }
  return run
}

function askMissing(
  s: SwarmState,
  begun: BegunPiece,
  range: PieceRange,
  helpers: readonly SwarmPeer[],
  now: Millis
): void {
  const owner = begun.owner === undefined ? undefined : s.peers.get(begun.owner)
  if (begun.soleSource) {
    if (owner && helpers.includes(owner) && hasRoom(s, owner, now)) askRange(s, owner, begun, range, now)
    return
  }
  const trusted = helpers.filter((peer) => !peer.suspect)
  const peer = fastest(s, trusted, begun.piece, now)
  if (peer === undefined || !hasRoom(s, peer, now)) return
  if (owner === undefined) s.begun.setOwner(begun, peer.key)
  askRange(s, peer, begun, range, now)
}

/** Asks a second peer when the first would be late, or might be. */
function askTwice(
  s: SwarmState,
  range: PieceRange,
  deadline: Deadline,
  helpers: readonly SwarmPeer[],
  now: Millis
): void {
  const [id, ...others] = range.asked
  const request = id === undefined || others.length > 0 ? undefined : s.requests.byId(id)
  if (request === undefined) return
  const expected = timeToArrive(s, request, now)
  if (now + expected * 1000 < deadline.due - NEAR) return
  const alternatives = helpers.filter((peer) => peer.key !== request.peer)
  const peer = fastest(s, alternatives, request.piece, now)
  if (peer === undefined || !hasRoom(s, peer, now) || !canCopy(s, peer, request)) return
  if (arrivalTime(s, peer, request.length, now) < WORTH * expected) copy(s, peer, request, now)
}

/** The peer from which a range of the piece should arrive first; one that is above suspicion if there is any. */
function fastest(
  s: SwarmState,
  helpers: readonly SwarmPeer[],
  piece: number,
  now: Millis
): SwarmPeer | undefined {
  let best: SwarmPeer | undefined
  let least = Number.POSITIVE_INFINITY
  for (const peer of helpers) {
    if (!peer.claims.has(piece) || (peer.suspect && best?.suspect === false)) continue
    const time = arrivalTime(s, peer, s.limits.rangeBytes, now)
    if (time >= least && !(best?.suspect === true && !peer.suspect)) continue
    best = peer
    least = time
  }
  return best
}

function hasRoom(s: SwarmState, peer: SwarmPeer, now: Millis): boolean {
  if (s.requests.count(peer.key) >= peer.maxRequests) return false
  const open = s.requests.bytes(peer.key)
  return open < peer.window.size(now) || open / peer.window.expectedRate < QUEUE
}

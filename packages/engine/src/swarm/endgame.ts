import { KiB, type Millis } from '@p2pshare/base'
import type { OpenRequest } from '../pipeline/request-table.ts'
import { arrivalTime, timeToArrive } from './arrival.ts'
import { askRange, askRanges, askRun } from './ask.ts'
import { addSource, type BegunPiece, type PieceRange } from './begun-pieces.ts'
import type { PeerKey } from './events.ts'
import { abandon, beginPiece, type CoveredRange, cancelRequest, covered, withdraw } from './piece-work.ts'
import { openSince, type SwarmPeer, type SwarmState } from './swarm-state.ts'

/** A second copy is asked for only when it should arrive this much sooner. */
const SPEED_UP = 1.5
/** Below this rate (bytes/s) any peer that does better may take over. */
const CRAWL = 16 * KiB

/**
 * Gives a peer that has nothing of its own to fetch a part of what others are at: ranges that
 * their owners have not asked for yet, second copies in the endgame, or the overdue requests of a
 * much slower peer.
 */
export function askSpare(s: SwarmState, peer: SwarmPeer, now: Millis): boolean {
  const ending = s.picker.candidates === 0 && !peer.suspect
  if (ending && (help(s, peer, now) || duplicate(s, peer, now))) return true
  return takeOver(s, peer, now)
}

/** Asks for the last range that another peer was to deliver but was not asked for yet. */
function help(s: SwarmState, peer: SwarmPeer, now: Millis): boolean {
  for (const owner of s.begun.ownersOfOpen()) {
    if (owner === peer.key) continue
    for (const begun of s.begun.openOf(owner)) {
      if (begun.soleSource || !peer.claims.has(begun.piece)) continue
      const range = begun.ranges.findLast((r) => r.state === 'missing')
      if (range === undefined) continue
      askRange(s, peer, begun, range, now)
      return true
    }
  }
  return false
}

/** Asks a second peer for the request that would take longest, within the share of duplicates. */
function duplicate(s: SwarmState, peer: SwarmPeer, now: Millis): boolean {
  let best: OpenRequest | undefined
  let bestGain = 0
  for (const request of s.requests.all()) {
    const gain = timeToArrive(s, request, now) - SPEED_UP * arrivalTime(s, peer, request.length, now)
    if (gain <= bestGain || !canCopy(s, peer, request)) continue
    best = request
    bestGain = gain
  }
  if (best === undefined) return false
  copy(s, peer, best, now)
  return true
}

/** Whether the peer may be asked for the same as another one was, within the share of duplicates. */
export function canCopy(s: SwarmState, peer: SwarmPeer, request: OpenRequest): boolean {
  const allowance = s.totalBytes * s.limits.duplicateShare - s.duplicateBytes
  if (peer.suspect || request.length > allowance || request.peer === peer.key) return false
  return covered(s, request).every(
    ({ begun, range }) => range.asked.length === 1 && !begun.soleSource && peer.claims.has(begun.piece)
  )
}

/** Asks the peer for the same as another one was; see {@link canCopy}. */
export function copy(s: SwarmState, peer: SwarmPeer, request: OpenRequest, now: Millis): void {
  const ranges = covered(s, request)
  // Both may now write into the buffers, so neither can be blamed alone.
  for (const { begun } of ranges) {
    addSource(begun, request.peer)
    addSource(begun, peer.key)
  }
  s.duplicateBytes += request.length
  ask(s, peer, ranges, now)
}

/** Moves the oldest overdue request from a peer that crawls to this one. */
export function takeOver(s: SwarmState, peer: SwarmPeer, now: Millis): boolean {
  for (const request of s.requests.all()) {
    // Requests are in the order of their age.
    if (now - openSince(s, request) < s.limits.takeOverAge) return false
    if (!isMuchFaster(s, peer, request.peer, now)) continue
    const ranges = covered(s, request)
    if (!ranges.every(({ begun, range }) => mayMove(s, peer, begun, range, now))) continue
    move(s, request, ranges, peer, now)
    return true
  }
  return false
}

/** The peer has the piece, and is much faster than all who were asked for the range. */
function mayMove(s: SwarmState, peer: SwarmPeer, begun: BegunPiece, range: PieceRange, now: Millis): boolean {
  if (!peer.claims.has(begun.piece)) return false
  return range.asked.every((id) => {
    const other = s.requests.byId(id)
    return other !== undefined && isMuchFaster(s, peer, other.peer, now)
  })
}

function isMuchFaster(s: SwarmState, peer: SwarmPeer, than: PeerKey, now: Millis): boolean {
  if (than === peer.key) return false
  const rate = peer.window.expectedRate
  const slow = s.peers.get(than)?.window.rate(now) ?? 0
  return rate >= (slow < CRAWL ? 2 : 4) * slow
}

function move(
  s: SwarmState,
  request: OpenRequest,
  ranges: readonly CoveredRange[],
  peer: SwarmPeer,
  now: Millis
): void {
  const loser = s.peers.get(request.peer)
  // Or two silent peers would take the same request from each other for ever.
  if (loser !== undefined && now - loser.lastProgress >= s.limits.takeOverAge) loser.snubbed = true
  const first = ranges[0]
  // A suspect must not finish what others began, or it could not be told from them again.
  if (first !== undefined && (first.begun.soleSource || peer.suspect)) {
    restartWith(s, peer, first, now)
    return
  }
  cancelRequest(s, request)
  // In the endgame a second peer may have been asked too: it is as slow, see above.
  for (const { range } of ranges) {
    for (const other of range.asked.map((id) => s.requests.byId(id))) {
      if (other !== undefined) cancelRequest(s, other)
    }
  }
  for (const { begun } of ranges) if (begun.owner === request.peer) s.begun.setOwner(begun, peer.key)
  ask(s, peer, ranges, now)
}

function restartWith(s: SwarmState, peer: SwarmPeer, { begun }: CoveredRange, now: Millis): void {
  // Of a run the other pieces go back too, or nobody would be asked for them.
  withdraw(s, begun)
  abandon(s, begun)
  const again = beginPiece(s, begun.piece, peer)
  const range = again.ranges[0]
  if (range !== undefined) askRange(s, peer, again, range, now)
}

function ask(s: SwarmState, peer: SwarmPeer, ranges: readonly CoveredRange[], now: Millis): void {
  const pieces = new Set(ranges.map(({ begun }) => begun))
  const [first] = pieces
  if (pieces.size > 1) askRun(s, peer, [...pieces], now)
  else if (first !== undefined) {
    const own = ranges.map(({ range }) => range)
    askRanges(s, peer, first, own, now)
  }
}

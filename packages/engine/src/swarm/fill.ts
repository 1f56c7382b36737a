import { type Millis, pieceIndex } from '@p2pshare/base'
import type { PickOrder } from '../picker/piece-picker.ts'
import { askOnwards, askRun } from './ask.ts'
import type { BegunPiece, PieceRange } from './begun-pieces.ts'
import { askSpare, takeOver } from './endgame.ts'
import { beginPiece, makeRoom } from './piece-work.ts'
import { relieve } from './relief.ts'
import { pollSoon, type SwarmPeer, type SwarmState } from './swarm-state.ts'

/** How many ownerless pieces are looked at for one that the peer can finish. */
const ADOPTION_PROBES = 256

/** Whether requests may go to the peer now. */
export function mayAsk(s: SwarmState, peer: SwarmPeer, now: Millis): boolean {
  return s.running && !peer.choking && peer.wanted > 0 && now >= peer.pauseUntil && now >= s.storePauseUntil
}

/** Whether the budgets of the node and of the share have room for one more request. */
export function canAfford(s: SwarmState): boolean {
  const { rangeBytes } = s.limits
  if (!s.budget.fits(rangeBytes)) return false
  return s.requests.size === 0 || s.requests.totalBytes + rangeBytes <= s.ceiling
}

/** Asks the peer for as much as its window holds. */
export function fill(s: SwarmState, peer: SwarmPeer, now: Millis): void {
  s.idle.delete(peer)
  s.starved.delete(peer)
  if (!mayAsk(s, peer, now)) return
  while (hasRoom(s, peer, now)) {
    if (!canAfford(s)) {
      if (moveOverdue(s, peer, now)) continue
      s.starved.add(peer)
      return
    }
    if (askNext(s, peer, now) || (!peer.snubbed && askSpare(s, peer, now))) continue
    s.idle.add(peer)
    pollSoon(s, now)
    return
  }
}

function askNext(s: SwarmState, peer: SwarmPeer, now: Millis): boolean {
  if (continueOwn(s, peer, now) || adopt(s, peer, now)) return true
  return (!peer.snubbed && relieve(s, peer, now)) || beginNext(s, peer, now)
}

/** Moving an overdue request costs no budget, and a slow peer must not hold all of it. */
function moveOverdue(s: SwarmState, peer: SwarmPeer, now: Millis): boolean {
  return !peer.snubbed && s.requests.count(peer.key) === 0 && takeOver(s, peer, now)
}

function hasRoom(s: SwarmState, peer: SwarmPeer, now: Millis): boolean {
  const count = s.requests.count(peer.key)
  if (peer.snubbed) return count === 0
  if (count >= peer.maxRequests) return false
  const open = s.requests.bytes(peer.key)
  // With a low ceiling no peer may hold more than half of it, or one slow peer would hold all.
  const share = Math.max(s.limits.rangeBytes, Math.min(s.ceiling, s.budget.ceiling) / 2)
  return open < share && open < peer.window.size(now)
}

function firstMissing(begun: BegunPiece): PieceRange | undefined {
  return begun.ranges.find((range) => range.state === 'missing')
}

function continueOwn(s: SwarmState, peer: SwarmPeer, now: Millis): boolean {
  for (const begun of s.begun.openOf(peer.key)) {
    const range = firstMissing(begun)
    if (range === undefined) continue
    askOnwards(s, peer, begun, range, now)
    return true
  }
  return false
}

/** A suspect must not finish what others began, or it could not be told from them again. */
function mayFinish(peer: SwarmPeer, begun: BegunPiece): boolean {
  if (!peer.suspect) return true
  for (const source of begun.sources) if (source !== peer.key) return false
  return begun.ranges.every((range) => range.asked.length === 0)
}

/** Takes over a piece that its owner did not finish. */
function adopt(s: SwarmState, peer: SwarmPeer, now: Millis): boolean {
  let probes = 0
  for (const begun of s.begun.openOf(undefined)) {
    if (probes++ >= ADOPTION_PROBES) return false
    const range = firstMissing(begun)
    if (range === undefined || !peer.claims.has(begun.piece) || !mayFinish(peer, begun)) continue
    s.begun.setOwner(begun, peer.key)
    askOnwards(s, peer, begun, range, now)
    return true
  }
  return false
}

/** Rarest first, but for the first pieces, and for a sequential fetch: there one in ten. */
function pickOrder(s: SwarmState): PickOrder {
  if (s.order === 'sequential') return s.rng.below(s.limits.rarestOneIn) === 0 ? 'rarest' : 'first'
  return s.have.count + s.begun.size < s.limits.randomFirst ? 'random' : 'rarest'
}

function beginNext(s: SwarmState, peer: SwarmPeer, now: Millis): boolean {
  // Before the search, which would be in vain. Small pieces wait until a whole run fits, or each that is stored
  // would make room for a request of one.
  if (!makeRoom(s, 1) || !fitsRun(s)) return false
  const chosen = s.picker.pick(peer.claims, pickOrder(s), peer.memory)
  if (chosen === undefined) return false
  const run = s.picker.runAt(chosen, peer.claims, {
    pieces: Math.min(peer.runPieces, s.limits.runPieces),
    bytes: s.limits.rangeBytes,
    smallSize: (piece) => smallSize(s, piece)
  })
  const begun: BegunPiece[] = []
  for (let i = 0; i < run.count; i++) {
    const piece = pieceIndex(run.start + i)
    if (!makeRoom(s, s.layout.blockSize(piece))) break
    begun.push(beginPiece(s, piece, peer))
  }
  const first = begun[0]
  const range = first?.ranges[0]
  if (first === undefined || range === undefined) return false
  if (begun.length > 1) askRun(s, peer, begun, now)
  else askOnwards(s, peer, first, range, now)
  return true
}

/** Whether as many pieces as a run may have can be begun. */
export function fitsRun({ begun, limits }: SwarmState): boolean {
  return begun.size === 0 || begun.size + limits.runPieces <= limits.begunPieces
}

/** A piece whose last attempt failed travels alone, so that a wrong run never hides which piece is meant. */
export function smallSize(s: SwarmState, piece: number): number | undefined {
  if (s.soleSource.has(pieceIndex(piece))) return undefined
  const size = s.layout.blockSize(pieceIndex(piece))
  return size <= s.limits.smallPieceBytes ? size : undefined
}

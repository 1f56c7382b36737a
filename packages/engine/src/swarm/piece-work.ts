import { type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { OpenRequest } from '../pipeline/request-table.ts'
import type { BegunPiece, PieceRange } from './begun-pieces.ts'
import type { PeerKey } from './events.ts'
import type { SwarmPeer, SwarmState } from './swarm-state.ts'

/** A range that a request covers, with its piece. */
export interface CoveredRange {
  begun: BegunPiece
  range: PieceRange
}

/** The ranges of begun pieces that a request covers: some in a row of one piece, or all of several. */
export function covered(s: SwarmState, request: OpenRequest): CoveredRange[] {
  return request.count > 1 ? wholePieces(s, request) : rangesOfOne(s, request)
}

function rangesOfOne(s: SwarmState, { piece, offset, length }: OpenRequest): CoveredRange[] {
  const begun = s.begun.get(piece)
  if (begun === undefined) return []
  const { rangeBytes } = s.limits
  const ranges = begun.ranges.slice(
    Math.floor(offset / rangeBytes),
    Math.ceil((offset + length) / rangeBytes)
  )
  return ranges.map((range) => ({ begun, range }))
}

function wholePieces(s: SwarmState, request: OpenRequest): CoveredRange[] {
  const found: CoveredRange[] = []
  for (let i = 0; i < request.count; i++) {
    const begun = s.begun.get(pieceIndex(request.piece + i))
    const range = begun?.ranges[0]
    if (begun !== undefined && range !== undefined) found.push({ begun, range })
  }
  return found
}

/** Ends a request without an answer; its ranges are missing again unless asked elsewhere too. */
export function endRequest(s: SwarmState, request: OpenRequest): CoveredRange[] {
  const ranges = covered(s, request)
  s.requests.remove(request)
  for (const { begun, range } of ranges) {
    s.begun.unask(begun, range, request.id)
    s.loose.add(begun)
  }
  s.workAdded = true
  return ranges
}

/** Ends a request and tells the peer. */
export function cancelRequest(s: SwarmState, request: OpenRequest): CoveredRange[] {
  s.effects.push({ kind: 'cancel', peer: request.peer, id: request.id })
  return endRequest(s, request)
}

/** Takes back all that is asked for a piece. Other pieces of the same run that hold nothing are given up, to be asked in a new run. */
export function withdraw(s: SwarmState, begun: BegunPiece): void {
  for (const range of begun.ranges) {
    for (const id of [...range.asked]) {
      const request = s.requests.byId(id)
      if (request === undefined) continue
      for (const other of cancelRequest(s, request)) {
        if (other.begun === begun) continue
        if (other.begun.owner === request.peer) s.begun.setOwner(other.begun, undefined)
        settle(s, other.begun)
      }
    }
  }
}

/** Gives a begun piece up: its buffer goes, the piece is missing as if never begun. */
export function abandon(s: SwarmState, begun: BegunPiece): void {
  cancelAll(s, begun)
  s.begun.end(begun)
  s.effects.push({ kind: 'release', piece: begun.piece })
  s.picker.putBack(begun.piece)
  s.workAdded = true
}

function cancelAll(s: SwarmState, begun: BegunPiece): void {
  for (const range of begun.ranges) {
    for (const id of [...range.asked]) {
      const request = s.requests.byId(id)
      if (request !== undefined) cancelRequest(s, request)
    }
  }
}

/**
 * The peer will not deliver the rest of this piece: its requests for it end, and another peer may
 * take over; what must come from one peer alone, or has not begun to arrive, starts anew.
 */
export function disown(s: SwarmState, begun: BegunPiece, peer: PeerKey): void {
  if (begun.state !== 'fetching') return
  for (const range of begun.ranges) {
    for (const id of [...range.asked]) {
      const request = s.requests.get(id, peer)
      if (request !== undefined) cancelRequest(s, request)
    }
  }
  if (begun.owner === peer) s.begun.setOwner(begun, undefined)
  settle(s, begun)
}

/** The peer may still send what it was asked for of this piece, but others may be asked for the rest. */
export function share(s: SwarmState, begun: BegunPiece, peer: PeerKey): void {
  if (begun.owner === peer) s.begun.setOwner(begun, undefined)
  settle(s, begun)
}

/**
 * Pieces of which a request just ended unanswered, and whose owner serves no more or does not have
 * them any more, are for others to finish.
 */
export function tidy(s: SwarmState): void {
  for (const begun of s.loose) {
    const owner = begun.owner === undefined ? undefined : s.peers.get(begun.owner)
    if (owner === undefined || begun.state !== 'fetching' || s.begun.get(begun.piece) !== begun) continue
    if (begun.missing > 0 && (owner.choking || !owner.claims.has(begun.piece))) share(s, begun, owner.key)
  }
  s.loose.clear()
}

/** Ends all that is asked of the peer; `tell` it, unless it is gone. */
export function takeWorkFrom(s: SwarmState, peer: SwarmPeer, tell: boolean): void {
  for (const request of s.requests.of(peer.key)) {
    const ranges = tell ? cancelRequest(s, request) : endRequest(s, request)
    for (const { begun } of ranges) settle(s, begun)
  }
  for (const begun of [...s.begun.ownedBy(peer.key)]) {
    s.begun.setOwner(begun, undefined)
    settle(s, begun)
  }
}

/** Makes room for `size` more bytes of begun pieces, giving up pieces that nobody delivers; false when there is none. */
export function makeRoom(s: SwarmState, size: number): boolean {
  const { begun, limits } = s
  const full = (): boolean =>
    !begun.hasMemoryFor(size) ||
    (begun.size > 0 && (begun.bytes + size > limits.begunBytes || begun.size >= limits.begunPieces))
  if (!full()) return true
  for (const piece of [...begun.ownedBy(undefined)]) {
    if (piece.missing + piece.arrived < piece.ranges.length) continue
    abandon(s, piece)
    if (!full()) return true
  }
  return false
}

/** An ownerless piece that holds nothing, or may not be finished by another peer, is given up. */
function settle(s: SwarmState, begun: BegunPiece): void {
  if (begun.owner !== undefined || begun.state !== 'fetching' || s.begun.get(begun.piece) !== begun) return
  const untouched = begun.missing === begun.ranges.length
  if (begun.soleSource || untouched) abandon(s, begun)
}

/** Begins a piece for a peer. */
export function beginPiece(s: SwarmState, piece: PieceIndex, peer: SwarmPeer): BegunPiece {
  s.picker.take(piece)
  return s.begun.begin({
    piece,
    size: s.layout.blockSize(piece),
    owner: peer.key,
    soleSource: peer.suspect || s.soleSource.has(piece),
    rangeBytes: s.limits.rangeBytes
  })
}

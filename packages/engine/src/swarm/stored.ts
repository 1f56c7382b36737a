import { MiB, type Millis, millis, type PieceIndex, SECOND } from '@p2pshare/base'
import type { BegunPiece } from './begun-pieces.ts'
import type { PeerKey } from './events.ts'
import { fitsRun } from './fill.ts'
import { dropClaim, expel, onWantChanged } from './peer-claims.ts'
import { abandon, withdraw } from './piece-work.ts'
import { isPiece, type SwarmState } from './swarm-state.ts'

/** Wrong pieces of one peer that this swarm remembers; the trust ledger bans long before. */
const MOST_BARRED = 64

/** The hash of a complete piece was checked. */
export function onVerified(s: SwarmState, piece: PieceIndex, ok: boolean, now: Millis): void {
  const begun = s.begun.get(piece)
  if (begun?.state !== 'verifying') return
  if (ok) acquit(s, begun)
  if (ok && begun.here) {
    keep(s, begun, now)
    return
  }
  if (ok) {
    s.begun.setState(begun, 'writing')
    s.effects.push({ kind: 'write', piece })
    return
  }
  const sources = [...begun.sources]
  if (begun.here) keep(s, begun, now)
  else {
    s.soleSource.add(piece)
    abandon(s, begun)
  }
  blame(s, piece, sources)
}

/**
 * Who is to blame for a wrong piece: a lone source for certain. Of several none can be told, so
 * nobody is struck and all are suspects (libtorrent calls it parole).
 */
function blame(s: SwarmState, piece: PieceIndex, sources: readonly PeerKey[]): void {
  const [source, ...others] = sources
  if (source === undefined) return
  if (others.length > 0) {
    for (const key of sources) suspect(s, key)
    return
  }
  s.effects.push({ kind: 'strike', peer: source, offence: 'bad-piece', piece })
  const peer = s.peers.get(source)
  if (peer === undefined) return
  peer.barred.add(piece)
  dropClaim(s, peer, piece)
  if (peer.barred.size >= MOST_BARRED) expel(s, peer, 'bad-data', `${MOST_BARRED} wrong pieces`)
}

function suspect(s: SwarmState, key: PeerKey): void {
  const peer = s.peers.get(key)
  if (peer !== undefined) peer.suspect = true
}

/** A piece that came right from one peer alone proves that peer innocent. */
function acquit(s: SwarmState, begun: BegunPiece): void {
  const [source] = begun.sources
  const peer = source === undefined ? undefined : s.peers.get(source)
  if (peer !== undefined && begun.sources.length === 1) peer.suspect = false
}

/** The write of a verified piece ended. After a failure nothing is begun for a second. */
export function onStored(s: SwarmState, piece: PieceIndex, ok: boolean, now: Millis): void {
  const begun = s.begun.get(piece)
  if (begun?.state !== 'writing') return
  if (ok || begun.here) {
    keep(s, begun, now)
    return
  }
  s.storePauseUntil = millis(now + SECOND)
  s.storePaused = true
  abandon(s, begun)
}

/**
 * The piece was verified and stored by somebody else than this swarm. What was asked for it is
 * cancelled. While its hash is being checked or it is being written, its buffer is in use: then it
 * counts as had when that has ended, however it ended.
 */
export function onHere(s: SwarmState, piece: PieceIndex, now: Millis): void {
  if (!isPiece(s, piece) || s.have.has(piece)) return
  const begun = s.begun.get(piece)
  if (begun === undefined) {
    s.picker.take(piece)
    noteStored(s, piece, now)
    return
  }
  begun.here = true
  if (begun.state !== 'fetching') return
  withdraw(s, begun)
  keep(s, begun, now)
}

/** A begun piece is on disk: its buffer goes. */
function keep(s: SwarmState, begun: BegunPiece, now: Millis): void {
  const waited = isNearlyFull(s)
  const fitted = fitsRun(s)
  s.begun.end(begun)
  // Whoever waited for room for another buffer, or for a whole run, may go on.
  if (waited || fitted !== fitsRun(s)) for (const peer of s.idle) s.touched.add(peer)
  s.effects.push({ kind: 'release', piece: begun.piece })
  noteStored(s, begun.piece, now)
}

function noteStored(s: SwarmState, piece: PieceIndex, now: Millis): void {
  s.soleSource.delete(piece)
  s.have.set(piece)
  onWantChanged(s, piece)
  s.announcements.added(piece, now)
}

/** Whether begun pieces leave too little room for the largest piece there is (2 MiB). */
function isNearlyFull({ begun, limits }: SwarmState): boolean {
  return begun.bytes + 2 * MiB > limits.begunBytes
}

/** Pieces turned out to be gone from the disk. */
export function onLost(s: SwarmState, pieces: readonly PieceIndex[], now: Millis): void {
  for (const piece of pieces) {
    const begun = s.begun.get(piece)
    if (begun !== undefined) begun.here = false
    if (!isPiece(s, piece) || !s.have.clear(piece)) continue
    s.completed = false
    s.selectionDone = false
    s.picker.putBack(piece)
    onWantChanged(s, piece)
    s.announcements.removed(piece, now)
    s.workAdded = true
  }
}

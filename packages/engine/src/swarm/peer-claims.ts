import { Bitfield, type Millis, type PieceIndex } from '@p2pshare/base'
import type { CloseCode, PieceRun } from '@p2pshare/wire'
import { share, takeWorkFrom } from './piece-work.ts'
import { runEnd, runStart } from './clip-run.ts'
import { setWanted, type SwarmPeer, type SwarmState } from './swarm-state.ts'

/** Takes a peer's whole map in place of what was known. */
export function replaceClaims(s: SwarmState, peer: SwarmPeer, pieces: Bitfield, now: Millis): void {
  if (pieces.length !== s.layout.pieceCount) {
    expel(s, peer, 'protocol-error', `piece map of ${pieces.length} for ${s.layout.pieceCount} pieces`)
    return
  }
  if (peer.voided) return
  const next = pieces.clone()
  for (const piece of peer.barred) next.clear(piece)
  const work = next.isFull && peer.seed ? 1 : peer.claims.countNotIn(next) + next.countNotIn(peer.claims)
  if (!spend(s, peer, work + 1, now)) return
  if (next.isFull) becomeSeed(s, peer, next)
  else {
    stopBeingSeed(s, peer, false)
    for (let p = peer.claims.nextNotIn(next); p !== -1; p = peer.claims.nextNotIn(next, p + 1))
      s.picker.unclaim(p)
    for (let p = next.nextNotIn(peer.claims); p !== -1; p = next.nextNotIn(peer.claims, p + 1))
      s.picker.claim(p)
    peer.claims = next
  }
  leaveUnclaimed(s, peer)
  peer.memory.clear()
  setWanted(s, peer, peer.claims.countNotIn(s.unwanted))
  if (peer.wanted > 0) s.touched.add(peer)
}

/** Takes changes of a peer's map. Runs beyond the share are cut. */
export function changeClaims(
  s: SwarmState,
  peer: SwarmPeer,
  delta: { added: readonly PieceRun[]; removed: readonly PieceRun[] },
  now: Millis
): void {
  if (peer.voided) return
  const { added, removed } = delta
  const { pieceCount } = s.layout
  let work = added.length + removed.length
  for (const run of removed) work += runEnd(run, pieceCount) - runStart(run, pieceCount)
  for (const run of added) work += runEnd(run, pieceCount) - runStart(run, pieceCount)
  if (peer.seed && removed.length > 0) work += pieceCount
  if (!spend(s, peer, work, now)) return
  for (const run of removed) {
    const end = runEnd(run, pieceCount)
    for (let p = runStart(run, pieceCount); p < end; p++) dropClaim(s, peer, p)
  }
  if (removed.length > 0) leaveUnclaimed(s, peer)
  for (const run of added) {
    const end = runEnd(run, pieceCount)
    for (let p = runStart(run, pieceCount); p < end; p++) addClaim(s, peer, p)
  }
}

/** The peer does not have the piece after all. */
export function dropClaim(s: SwarmState, peer: SwarmPeer, piece: number): void {
  if (!peer.claims.has(piece)) return
  stopBeingSeed(s, peer, true)
  peer.claims.clear(piece)
  s.picker.unclaim(piece)
  if (!s.unwanted.has(piece)) setWanted(s, peer, peer.wanted - 1)
}

/** Pieces that the peer was to deliver and no longer claims are for others to finish. */
function leaveUnclaimed(s: SwarmState, peer: SwarmPeer): void {
  for (const begun of [...s.begun.openOf(peer.key)]) {
    if (!peer.claims.has(begun.piece)) share(s, begun, peer.key)
  }
}

/** The peer has nothing, as far as we are concerned. */
export function clearClaims(s: SwarmState, peer: SwarmPeer): void {
  if (peer.seed) {
    peer.seed = false
    s.picker.removeSeed()
  } else for (const piece of peer.claims.ones()) s.picker.unclaim(piece)
  peer.claims = new Bitfield(s.layout.pieceCount)
  setWanted(s, peer, 0)
}

/**
 * A claim was proven false. When it concerned a run, shorter runs find the piece at fault first;
 * the third proven one makes the whole map void (threat T8).
 */
export function onFalseClaim(s: SwarmState, peer: SwarmPeer, piece: PieceIndex, count: number): void {
  if (count > 1) {
    peer.runPieces = Math.max(1, Math.floor(count / 2))
    return
  }
  peer.runPieces = s.limits.runPieces
  // Already withdrawn, or already held against it: an answer that crossed on the way.
  if (!peer.claims.has(piece)) return
  dropClaim(s, peer, piece)
  leaveUnclaimed(s, peer)
  peer.falseClaims++
  if (peer.falseClaims < s.limits.falseClaims) return
  peer.voided = true
  clearClaims(s, peer)
  takeWorkFrom(s, peer, true)
  s.effects.push({ kind: 'strike', peer: peer.key, offence: 'false-claim', piece })
}

/** We now have the piece or no longer, or it is selected or no longer: corrects what each peer offers. */
export function onWantChanged(s: SwarmState, piece: number): void {
  const unwanted = s.have.has(piece) || s.picker.priority(piece) === 0
  const change = unwanted ? -1 : 1
  if (unwanted ? !s.unwanted.set(piece) : !s.unwanted.clear(piece)) return
  for (const peer of s.peers.values()) {
    if (peer.claims.has(piece)) setWanted(s, peer, peer.wanted + change)
  }
}

/** Asks the session to close the link and forgets the peer. */
export function expel(s: SwarmState, peer: SwarmPeer, code: CloseCode, text: string): void {
  s.effects.push({ kind: 'drop-peer', peer: peer.key, code, text })
  forget(s, peer)
}

/** The peer is gone: nothing of it remains. */
export function forget(s: SwarmState, peer: SwarmPeer): void {
  takeWorkFrom(s, peer, false)
  clearClaims(s, peer)
  s.peers.delete(peer.key)
  for (const set of [s.touched, s.idle, s.starved, s.interestDirty]) set.delete(peer)
}

function addClaim(s: SwarmState, peer: SwarmPeer, piece: number): void {
  if (peer.barred.has(piece) || !peer.claims.set(piece)) return
  s.picker.claim(piece)
  if (s.unwanted.has(piece)) return
  if (s.picker.isCandidate(piece)) peer.memory.clear()
  setWanted(s, peer, peer.wanted + 1)
  s.touched.add(peer)
}

function becomeSeed(s: SwarmState, peer: SwarmPeer, full: Bitfield): void {
  if (!peer.seed) {
    for (const piece of peer.claims.ones()) s.picker.unclaim(piece)
    s.picker.addSeed()
  }
  peer.seed = true
  peer.claims = full
}

/** From now on the peer is counted piece by piece. @param keep - it still claims all of them */
function stopBeingSeed(s: SwarmState, peer: SwarmPeer, keep: boolean): void {
  if (!peer.seed) return
  peer.seed = false
  s.picker.removeSeed()
  if (keep) for (let p = 0; p < s.layout.pieceCount; p++) s.picker.claim(p)
  else peer.claims = new Bitfield(s.layout.pieceCount)
}

function spend(s: SwarmState, peer: SwarmPeer, work: number, now: Millis): boolean {
  if (peer.claimBudget.spend(work, now)) return true
  expel(s, peer, 'limit-exceeded', 'changes its piece map too often')
  return false
}

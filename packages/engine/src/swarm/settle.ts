import { type Millis, pieceIndex } from '@p2pshare/base'
import { canAfford, fill } from './fill.ts'
import { tidy } from './piece-work.ts'
import type { SwarmPeer, SwarmState } from './swarm-state.ts'
import { askUrgent } from './urgent.ts'
import { lacksSource, unavailablePieces } from './timers.ts'

/**
 * What follows from any event: new requests, interest, announcements, seeking, the end. Only the
 * peers that the event was about are looked at, and those that had waited for something that now
 * is there; the cost does not grow with the number of peers.
 */
export function settle(s: SwarmState, now: Millis): void {
  tidy(s)
  gather(s, now)
  // Before the requests that follow from it, so that a peer without a free slot refuses them at once.
  tellInterest(s)
  if (s.deadlines.size > 0) askUrgent(s, now)
  if (s.touched.size > 0) fillTouched(s, now)
  if (s.starved.size > 0 && canAfford(s)) fillStarved(s, now)
  tidy(s)
  tellInterest(s)
  finish(s, now)
}

/** Adds to the touched peers those for whom there may be work again. */
function gather(s: SwarmState, now: Millis): void {
  const resumed = s.storePaused && now >= s.storePauseUntil
  if (resumed) s.storePaused = false
  const everyone = resumed || s.workAdded
  const poll = s.idlePollAt !== undefined && now >= s.idlePollAt
  s.workAdded = false
  if (!everyone && !poll) return
  for (const peer of everyone ? s.peers.values() : s.idle) s.touched.add(peer)
  s.idle.clear()
  s.idlePollAt = undefined
}

function fillTouched(s: SwarmState, now: Millis): void {
  const due = [...s.touched]
  s.touched.clear()
  for (const peer of due) if (!peer.snubbed) fill(s, peer, now)
  // Last, so that what a silent peer lost does not go straight back to it.
  for (const peer of due) if (peer.snubbed) fill(s, peer, now)
}

function fillStarved(s: SwarmState, now: Millis): void {
  for (const peer of [...s.starved]) {
    if (!canAfford(s)) return
    fill(s, peer, now)
  }
}

function tellInterest(s: SwarmState): void {
  for (const peer of s.interestDirty) updateInterest(s, peer)
  s.interestDirty.clear()
}

function updateInterest(s: SwarmState, peer: SwarmPeer): void {
  const interested = s.running && peer.wanted > 0
  if (interested === peer.interested || s.peers.get(peer.key) !== peer) return
  peer.interested = interested
  s.effects.push({ kind: 'interest', peer: peer.key, interested })
}

function finish(s: SwarmState, now: Millis): void {
  const done = s.have.isFull && !s.completed
  const selected = !done && s.unwanted.isFull && !s.have.isFull && !s.selectionDone
  const announcement = s.announcements.take(now, done || selected)
  if (announcement !== undefined) s.effects.push(announcement)
  if (done) {
    s.completed = true
    s.effects.push({ kind: 'complete' })
  }
  if (selected) {
    s.selectionDone = true
    s.effects.push({ kind: 'selection-complete' })
  }
  if (s.seek.update(s.running && lacksSource(s), now)) {
    s.effects.push({ kind: 'seek', pieces: unavailablePieces(s).map(pieceIndex) })
  }
}

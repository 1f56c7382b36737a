import { type Millis, millis } from '@p2pshare/base'
import { endWithheld } from './answers.ts'
import { expel } from './peer-claims.ts'
import { takeWorkFrom } from './piece-work.ts'
import { openSince, type SwarmPeer, type SwarmState, wakeBy } from './swarm-state.ts'

/** How often a swarm that the budget of all shares stopped asks again. */
const STARVED_POLL = 100
/** A wake-up that comes this late means that we slept, not that the peers did. */
const OVERSLEPT = 5000
/** Ownerless pieces looked at for ones that no peer has. */
const ORPHAN_PROBES = 64

/**
 * Looks at all peers when one of them may be due: ends what is withheld, snubs peers that sent
 * nothing for the whole time-out although asked, drops those that keep silent, and asks again
 * those whose pause is over.
 */
export function visitPeers(s: SwarmState, now: Millis): void {
  if (now < s.peersDue) return
  s.peersDue = Number.POSITIVE_INFINITY
  for (const peer of [...s.peers.values()]) {
    s.touched.add(peer)
    expire(s, peer, now)
    if (s.peers.get(peer.key) === peer) wakeBy(s, peerDue(s, peer, now))
  }
}

function expire(s: SwarmState, peer: SwarmPeer, now: Millis): void {
  const deadline = silenceDeadline(s, peer)
  if (deadline === undefined) return
  if (now < deadline) {
    endWithheld(s, peer, now)
    return
  }
  peer.timeouts++
  peer.snubbed = true
  if (peer.timeouts >= s.limits.timeoutsToDrop) {
    const seconds = Math.round((peer.timeouts * s.limits.requestTimeout) / 1000)
    expel(s, peer, 'no-progress', `sent nothing for ${seconds} s although asked`)
  } else takeWorkFrom(s, peer, true)
}

/** When the swarm slept past its wake-up, peers get their time anew: the silence was ours. */
export function forgiveOwnSleep(s: SwarmState, promised: Millis | undefined, now: Millis): void {
  if (promised === undefined || now - promised < OVERSLEPT) return
  s.wokeAt = now
  for (const peer of s.peers.values()) peer.lastProgress = now
}

/** Whether some missing piece has no source among the connected peers. */
export function lacksSource(s: SwarmState): boolean {
  if (s.picker.unavailable > 0) return true
  let probes = 0
  for (const begun of s.begun.ownedBy(undefined)) {
    if (s.picker.availability(begun.piece) === 0) return true
    if (probes++ >= ORPHAN_PROBES) return false
  }
  return false
}

/** Missing pieces that no peer has, a few of them. */
export function unavailablePieces(s: SwarmState): number[] {
  const found = s.picker.sampleUnavailable(s.limits.seekPieces)
  let probes = 0
  for (const begun of s.begun.ownedBy(undefined)) {
    if (found.length >= s.limits.seekPieces || probes++ >= ORPHAN_PROBES) break
    if (s.picker.availability(begun.piece) === 0) found.push(begun.piece)
  }
  return found
}

/** When the swarm must be called next, if nothing happens before; may be earlier than need be. */
export function nextWakeOf(s: SwarmState, now: Millis): Millis | undefined {
  let wake = s.announcements.due ?? Number.POSITIVE_INFINITY
  if (s.running) {
    wake = Math.min(wake, s.seek.due ?? wake)
    if (s.starved.size > 0) wake = Math.min(wake, now + STARVED_POLL)
    // What the last event gave up must not wait for an answer if none is under way.
    if (s.workAdded && s.requests.size === 0) wake = Math.min(wake, now + 1)
    if (s.storePaused) wake = Math.min(wake, s.storePauseUntil)
    if (s.requests.size > 0) wake = Math.min(wake, s.idlePollAt ?? wake)
    wake = Math.min(wake, s.peersDue)
  }
  return wake === Number.POSITIVE_INFINITY ? undefined : millis(wake)
}

/** When a silent peer is snubbed. */
function silenceDeadline(s: SwarmState, peer: SwarmPeer): number | undefined {
  const oldest = s.requests.oldest(peer.key)
  if (oldest === undefined) return undefined
  return Math.max(openSince(s, oldest), peer.lastProgress) + s.limits.requestTimeout
}

/** When {@link expire} or a pause has something to do for the peer; never too late, often too early. */
function peerDue(s: SwarmState, peer: SwarmPeer, now: Millis): number {
  const resumes = peer.pauseUntil > now ? peer.pauseUntil : Number.POSITIVE_INFINITY
  const oldest = s.requests.oldest(peer.key)
  if (oldest === undefined) return resumes
  const overdue = openSince(s, oldest) + s.limits.requestTimeout
  const due = overdue > now ? overdue : (silenceDeadline(s, peer) ?? overdue)
  return Math.min(resumes, due)
}

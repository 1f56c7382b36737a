import { type Millis, millis } from '@p2pshare/base'
import { endWithheld } from './answers.ts'
import { mayAsk } from './fill.ts'
import { expel } from './peer-claims.ts'
import { takeWorkFrom } from './piece-work.ts'
import type { SwarmPeer, SwarmState } from './swarm-state.ts'

/** How often a swarm that the budget of all shares stopped asks again. */
const STARVED_POLL = 100
/** A wake-up that comes this late means that we slept, not that the peers did. */
const OVERSLEPT = 5000
/** Ownerless pieces looked at for ones that no peer has. */
const ORPHAN_PROBES = 64

/** Snubs peers that sent nothing for the whole time-out although asked, and drops those that keep silent. */
export function expireRequests(s: SwarmState, now: Millis): void {
  for (const peer of [...s.peers.values()]) {
    const deadline = requestDeadline(s, peer)
    if (deadline === undefined) continue
    if (now < deadline) {
      endWithheld(s, peer, now)
      continue
    }
    peer.timeouts++
    peer.snubbed = true
    if (peer.timeouts >= s.limits.timeoutsToDrop) {
      const seconds = Math.round((peer.timeouts * s.limits.requestTimeout) / 1000)
      expel(s, peer, 'no-progress', `sent nothing for ${seconds} s although asked`)
    } else takeWorkFrom(s, peer, true)
  }
}

/** When the swarm slept past its wake-up, peers get their time anew: the silence was ours. */
export function forgiveOwnSleep(s: SwarmState, promised: Millis | undefined, now: Millis): void {
  if (promised === undefined || now - promised < OVERSLEPT) return
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

/** When the swarm must be called next, if nothing happens before. */
export function nextWakeOf(s: SwarmState, now: Millis): Millis | undefined {
  let wake = Number.POSITIVE_INFINITY
  const at = (time: Millis | undefined): void => {
    if (time !== undefined && time < wake) wake = time
  }
  at(s.announcements.due)
  if (s.running) {
    at(s.seek.due)
    if (s.starved) at(millis(now + STARVED_POLL))
    if (s.storePauseUntil > now) at(s.storePauseUntil)
    if (s.requests.size > 0) at(s.idlePollAt)
    for (const peer of s.peers.values()) {
      at(requestDeadline(s, peer))
      if (peer.pauseUntil > now && peer.wanted > 0 && !peer.choking) at(peer.pauseUntil)
    }
  }
  return wake === Number.POSITIVE_INFINITY ? undefined : millis(wake)
}

/** Whether an idle peer could be given something now; keeps the poll going only while it could. */
export function someIdle(s: SwarmState, now: Millis): boolean {
  for (const peer of s.peers.values()) if (peer.idle && mayAsk(s, peer, now)) return true
  return false
}

function requestDeadline(s: SwarmState, peer: SwarmPeer): Millis | undefined {
  const oldest = s.requests.oldest(peer.key)
  if (oldest === undefined) return undefined
  return millis(Math.max(oldest.sentAt, peer.lastProgress) + s.limits.requestTimeout)
}

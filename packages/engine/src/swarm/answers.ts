import { type Bytes, type Millis, millis } from '@p2pshare/base'
import type { RefuseReason } from '@p2pshare/wire'
import type { OpenRequest } from '../pipeline/request-table.ts'
import { addSource } from './begun-pieces.ts'
import { clearClaims, onFalseClaim } from './peer-claims.ts'
import { cancelRequest, covered, disown, endRequest, share, takeWorkFrom } from './piece-work.ts'
import { openSince, type SwarmPeer, type SwarmState, wakeBy } from './swarm-state.ts'

/** How long a peer that paused the share is left alone. */
const PAUSED_TIME = 30_000

/** Bytes came in from the peer: it lives. */
export function onProgress(s: SwarmState, peer: SwarmPeer, count: Bytes, now: Millis): void {
  if (count === 0) return forgiveOwnPace(s, peer, now)
  if (!(count > 0) || !Number.isSafeInteger(count)) return
  peer.ahead += count
  credit(s, peer, count, now)
}

/**
 * A limit of ours keeps the peer's bytes waiting: it is not silent, and while we are the narrowest
 * place no request of this share counts as overdue.
 */
function forgiveOwnPace(s: SwarmState, peer: SwarmPeer, now: Millis): void {
  s.wokeAt = now
  peer.lastProgress = now
}

/** A request was answered in full. Answers to requests that were given up are ignored. */
export function onArrived(s: SwarmState, peer: SwarmPeer, id: number, now: Millis): void {
  const request = s.requests.get(id, peer.key)
  if (request === undefined) return
  const unseen = Math.max(0, request.length - peer.ahead)
  peer.ahead = Math.max(0, peer.ahead - request.length)
  const ranges = covered(s, request)
  s.requests.remove(request)
  for (const { begun, range } of ranges) {
    const others = range.asked.length > 1 ? range.asked.filter((other) => other !== id) : []
    s.begun.arrive(begun, range)
    addSource(begun, peer.key)
    for (const other of others) {
      const loser = s.requests.byId(other)
      if (loser !== undefined) cancelRequest(s, loser)
    }
    if (begun.arrived < begun.ranges.length) continue
    s.begun.setState(begun, 'verifying')
    s.effects.push({ kind: 'verify', piece: begun.piece })
  }
  credit(s, peer, unseen, now)
}

/** The peer will not answer a request. */
export function onRefused(
  s: SwarmState,
  peer: SwarmPeer,
  id: number,
  reason: RefuseReason,
  now: Millis
): void {
  const request = s.requests.get(id, peer.key)
  if (request === undefined) return
  peer.lastProgress = now
  const ranges = endRequest(s, request)
  for (const { begun } of ranges) {
    if (reason === 'choked') share(s, begun, peer.key)
    else disown(s, begun, peer.key)
  }
  switch (reason) {
    case 'lacking':
    case 'unavailable':
      onFalseClaim(s, peer, request.piece, request.count)
      break
    case 'unknown-share':
      clearClaims(s, peer)
      takeWorkFrom(s, peer, true)
      break
    case 'choked':
      setChoking(s, peer, true, now)
      break
    case 'paused':
      pausePeer(s, peer, millis(now + PAUSED_TIME))
      break
    case 'busy':
    case 'unspecified':
    case 'cancelled':
      restUntil(s, peer, millis(now + 1000 + s.rng.below(1000)))
  }
}

/**
 * The peer stops or starts serving us; one that flips more than 20 times in 10 s is left alone for
 * 10 s. What it was asked before stays asked: it answers what it has begun to send, and refuses the
 * rest by name (BEP 6's rule), so no byte under way is wasted.
 */
export function setChoking(s: SwarmState, peer: SwarmPeer, choking: boolean, now: Millis): void {
  if (choking === peer.choking) return
  peer.choking = choking
  if (now - peer.flipsSince > 10_000) {
    peer.flips = 0
    peer.flipsSince = now
  }
  peer.flips++
  if (peer.flips > 20) pausePeer(s, peer, millis(now + 10_000))
  if (!choking) return
  for (const begun of [...s.begun.openOf(peer.key)]) share(s, begun, peer.key)
  s.workAdded = true
}

/** Nothing is asked of the peer until then; what it holds goes elsewhere. */
export function pausePeer(s: SwarmState, peer: SwarmPeer, until: Millis): void {
  if (Number.isNaN(until)) return
  restUntil(s, peer, until)
  takeWorkFrom(s, peer, true)
}

function restUntil(s: SwarmState, peer: SwarmPeer, until: Millis): void {
  peer.pauseUntil = millis(Math.max(peer.pauseUntil, until))
  wakeBy(s, peer.pauseUntil)
}

/**
 * Ends the peer's oldest request when it should long have been answered: it is older than the
 * time-out, and the peer sent since then all that was asked before it, itself, and more. Counts as
 * a false claim, or a peer could hold back one piece for ever. (As much and no more is what a slow
 * but honest peer has sent when the last byte is in and `data-arrived` is about to say so.)
 */
export function endWithheld(s: SwarmState, peer: SwarmPeer, now: Millis): void {
  const request: OpenRequest | undefined = s.requests.oldest(peer.key)
  if (request === undefined || now - openSince(s, request) < s.limits.requestTimeout) return
  if (peer.received <= request.dueAt) return
  for (const { begun } of cancelRequest(s, request)) disown(s, begun, peer.key)
  onFalseClaim(s, peer, request.piece, request.count)
}

function credit(s: SwarmState, peer: SwarmPeer, count: number, now: Millis): void {
  peer.received += count
  peer.lastProgress = now
  peer.timeouts = 0
  peer.snubbed = false
  if (count > 0) peer.window.onReceived(count, now)
  endWithheld(s, peer, now)
}

import type { Millis } from '@p2pshare/base'
import { arrivalTime } from './arrival.ts'
import { askRange } from './ask.ts'
import type { BegunPiece, PieceRange } from './begun-pieces.ts'
import { cancelRequest } from './piece-work.ts'
import { openSince, type SwarmPeer, type SwarmState } from './swarm-state.ts'

/** A piece that its owner needs this long (seconds) for is split. */
const SLOW = 10
/** The helper must be done in this part of the owner's time. */
const WORTH = 0.5
/** Begun pieces looked at for one that needs help. */
const PROBES = 256
/** How slow an owner is shows when it has had a request for so long (ms). */
const SHOWS = 1000
/** A slow owner is relieved of one range in this time (ms). */
const EVERY = 1000

/**
 * Lets the peer fetch a part of a large piece that another one is slow with: its last range that
 * was not asked for yet, or one that waits behind others at the owner. A piece that is complete
 * sooner can be passed on sooner. Pieces that must come from one peer alone are left alone. (To split
 * the first pieces of a share always, slow or not, was tried in the simulator: it made swarms of one
 * seeder no faster.)
 */
export function relieve(s: SwarmState, peer: SwarmPeer, now: Millis): boolean {
  if (peer.suspect || now < s.reliefAt) return false
  s.reliefAt = now + EVERY
  const own = arrivalTime(s, peer, s.limits.rangeBytes, now)
  const begun = slowest(s, peer, Math.max(own / WORTH, SLOW), now)
  const range = begun && spareRange(s, begun)
  if (begun === undefined || range === undefined) return false
  for (const id of [...range.asked]) {
    const request = s.requests.byId(id)
    if (request !== undefined) cancelRequest(s, request)
  }
  askRange(s, peer, begun, range, now)
  return true
}

/** The piece of another owner that takes longest, if it takes longer than `least` seconds. */
function slowest(s: SwarmState, peer: SwarmPeer, least: number, now: Millis): BegunPiece | undefined {
  let worst: BegunPiece | undefined
  let most = least
  let probes = 0
  for (const begun of s.begun.all()) {
    if (probes++ >= PROBES) break
    if (begun.soleSource || begun.state !== 'fetching' || begun.ranges.length === 1) continue
    if (begun.owner === peer.key || !peer.claims.has(begun.piece)) continue
    const time = timeToFinish(s, begun, now)
    if (time <= most || spareRange(s, begun) === undefined) continue
    worst = begun
    most = time
  }
  return worst
}

/** Seconds until the owner would have sent all that it was or is to be asked for. */
function timeToFinish(s: SwarmState, begun: BegunPiece, now: Millis): number {
  const owner = begun.owner === undefined ? undefined : s.peers.get(begun.owner)
  const oldest = owner && s.requests.oldest(owner.key)
  if (oldest === undefined || owner === undefined || now - openSince(s, oldest) < SHOWS) return 0
  return arrivalTime(s, owner, begun.missing * s.limits.rangeBytes, now)
}

/** The last range that nobody was asked for, or whose only request waits behind another one at the owner. */
function spareRange(s: SwarmState, begun: BegunPiece): PieceRange | undefined {
  return begun.ranges.findLast((range) => {
    if (range.state === 'missing') return true
    const [id, ...others] = range.asked
    const request = id === undefined || others.length > 0 ? undefined : s.requests.byId(id)
    if (request === undefined || request.peer !== begun.owner) return false
    return s.requests.oldest(request.peer) !== request
  })
}

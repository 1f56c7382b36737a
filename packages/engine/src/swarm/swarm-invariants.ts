import { invariant, pieceIndex } from '@p2pshare/base'
import type { BegunPiece } from './begun-pieces.ts'
import { covered } from './piece-work.ts'
import type { SwarmPeer, SwarmState } from './swarm-state.ts'

/** Throws when the books of a swarm do not balance; for tests. */
export function checkSwarm(s: SwarmState): void {
  s.picker.checkInvariants()
  s.begun.checkInvariants()
  checkPieces(s)
  for (const peer of s.peers.values()) checkPeer(s, peer)
  checkRequests(s)
  invariant(s.begun.bytes <= s.limits.begunBytes || s.begun.size === 1, 'too many bytes begun')
  invariant(s.begun.size <= s.limits.begunPieces, 'too many pieces begun')
  invariant(s.duplicateBytes <= s.totalBytes * s.limits.duplicateShare, 'too many bytes asked twice')
  invariant(!s.selectionDone || s.unwanted.isFull, 'selection done with pieces missing')
  invariant(!s.completed || s.have.isFull, 'complete with pieces missing')
  for (const set of [s.touched, s.idle, s.starved, s.interestDirty])
    for (const peer of set) invariant(s.peers.get(peer.key) === peer, `${peer.key} is gone but waited for`)
  invariant(s.requests.size === 0 || s.peersDue < Number.POSITIVE_INFINITY, 'nobody watches the requests')
}

/** Every piece is exactly one of: on disk, begun, candidate; and its availability is right. */
function checkPieces(s: SwarmState): void {
  for (let p = 0; p < s.layout.pieceCount; p++) {
    const begun = s.begun.get(pieceIndex(p)) !== undefined
    const places = [s.have.has(p), s.picker.isCandidate(p), begun, s.picker.isSkipped(p)]
    invariant(places.filter(Boolean).length === 1, `piece ${p} is in ${places.join()}`)
    const skipped = s.picker.priority(p) === 0
    invariant(s.unwanted.has(p) === (s.have.has(p) || skipped), `piece ${p} wanted or not`)
    let claims = 0
    for (const peer of s.peers.values()) if (peer.claims.has(p)) claims++
    invariant(s.picker.availability(p) === claims, `availability of piece ${p}`)
  }
}

function checkPeer(s: SwarmState, peer: SwarmPeer): void {
  invariant(peer.wanted === peer.claims.countNotIn(s.unwanted), `wanted of ${peer.key}`)
  invariant(!peer.seed || peer.claims.isFull, `${peer.key} counts as a seed`)
  invariant(!peer.voided || peer.claims.isEmpty, `${peer.key} has a void map`)
  for (const piece of peer.barred) invariant(!peer.claims.has(piece), `${peer.key} claims a barred piece`)
  const count = s.requests.count(peer.key)
  invariant(count <= peer.maxRequests, `${count} requests to ${peer.key}`)
  invariant(!(peer.voided || !s.running) || count === 0, `requests to ${peer.key}, who serves none`)
  invariant(peer.interested === (s.running && peer.wanted > 0), `interest in ${peer.key}`)
}

/** Requests and ranges name each other. */
function checkRequests(s: SwarmState): void {
  let named = 0
  let sum = 0
  for (const request of s.requests.all()) {
    invariant(s.peers.has(request.peer), `request ${request.id} to nobody`)
    const ranges = covered(s, request)
    const length = ranges.reduce((total, { range }) => total + range.length, 0)
    invariant(length === request.length, `request ${request.id} covers other bytes than it asks for`)
    for (const { range } of ranges) {
      invariant(
        range.state === 'asked' && range.asked.includes(request.id),
        `request ${request.id} is not noted`
      )
      named++
    }
    sum += request.length
  }
  for (const begun of s.begun.all()) {
    invariant(
      begun.owner === undefined || begun.state !== 'fetching' || s.peers.has(begun.owner),
      'owner is gone'
    )
    invariant(!begun.soleSource || begun.sources.length <= 1, `piece ${begun.piece} has several sources`)
    invariant(
      begun.state !== 'fetching' || !s.unwanted.has(begun.piece),
      `piece ${begun.piece} is fetched in vain`
    )
    checkOwner(s, begun)
    for (const range of begun.ranges) {
      invariant((range.state === 'asked') === range.asked.length > 0, `range of piece ${begun.piece}`)
      invariant(range.asked.length <= (begun.soleSource ? 1 : 2), `copies of piece ${begun.piece}`)
      named -= range.asked.length
    }
  }
  invariant(named === 0, 'ranges name requests that are gone')
  invariant(s.budget.bytes >= sum, 'the budget knows fewer bytes')
}

/** Who is to deliver what nobody was asked for yet must be able to. */
function checkOwner(s: SwarmState, begun: BegunPiece): void {
  if (begun.state !== 'fetching' || begun.missing === 0 || begun.owner === undefined) return
  const owner = s.peers.get(begun.owner)
  invariant(owner?.claims.has(begun.piece) === true, `the owner of piece ${begun.piece} does not have it`)
  invariant(owner?.choking === false, `the owner of piece ${begun.piece} does not serve`)
}

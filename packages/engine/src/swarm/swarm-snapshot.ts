import { type ByteRate, type Bytes, bytes, type Millis } from '@p2pshare/base'
import type { PeerKey } from './events.ts'
import type { SwarmState } from './swarm-state.ts'

/** What a swarm shows of itself. */
export interface SwarmSnapshot {
  readonly have: number
  readonly pieceCount: number
  /** Pieces being fetched, verified or written. */
  readonly begun: number
  /** Bytes asked for twice in the endgame. */
  readonly duplicateBytes: Bytes
  /**
   * Distributed copies among the connected peers and ourselves: whole copies, and as fraction the
   * part of the pieces of which there is one more.
   */
  readonly availability: number
  readonly peers: readonly SwarmPeerSnapshot[]
  /** How many connected peers have a piece, at the time of asking. */
  readonly holders: (piece: number) => number
}

/** One peer of a swarm, for display. */
export interface SwarmPeerSnapshot {
  readonly peer: PeerKey
  /** Pieces that it has. */
  readonly pieces: number
  readonly rate: ByteRate
  /** Bytes received from it for this share. */
  readonly received: Bytes
  readonly requests: number
  readonly window: Bytes
  readonly choking: boolean
  readonly snubbed: boolean
  readonly interested: boolean
}

/** Takes the figures of a swarm. */
export function snapshotOf(s: SwarmState, now: Millis): SwarmSnapshot {
  return {
    have: s.have.count,
    pieceCount: s.layout.pieceCount,
    begun: s.begun.size,
    duplicateBytes: bytes(s.duplicateBytes),
    availability: distributedCopies(s),
    holders: (piece) => s.picker.availability(piece),
    peers: [...s.peers.values()].map((peer) => ({
      peer: peer.key,
      pieces: peer.claims.count,
      rate: peer.window.rate(now) as ByteRate,
      received: bytes(peer.received),
      requests: s.requests.count(peer.key),
      window: peer.window.size(now),
      choking: peer.choking,
      snubbed: peer.snubbed,
      interested: peer.interested
    }))
  }
}

function distributedCopies(s: SwarmState): number {
  const { pieceCount } = s.layout
  let least = Number.POSITIVE_INFINITY
  let more = 0
  for (let p = 0; p < pieceCount; p++) {
    const copies = s.picker.availability(p) + (s.have.has(p) ? 1 : 0)
    if (copies < least) {
      more = p
      least = copies
    } else if (copies > least) more++
  }
  return pieceCount === 0 ? 0 : least + more / pieceCount
}

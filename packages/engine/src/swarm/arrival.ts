import type { Millis } from '@p2pshare/base'
import type { OpenRequest } from '../pipeline/request-table.ts'
import type { SwarmPeer, SwarmState } from './swarm-state.ts'

/** A peer that was asked just now gets this long (ms) to send its first byte. */
const PATIENCE = 1000

/** Seconds until `length` more bytes, asked of the peer now, would have arrived behind what it was asked before. */
export function arrivalTime(s: SwarmState, peer: SwarmPeer, length: number, now: Millis): number {
  const open = s.requests.bytes(peer.key)
  // A peer that owes us something and is silent will probably go on so.
  const silence = open > 0 ? Math.max(0, now - peer.lastProgress - PATIENCE) / 1000 : 0
  return (open + length) / peer.window.expectedRate + peer.window.roundTrip / 1000 + silence
}

/** Seconds until an answer in order would be complete at the peer's present rate. */
export function timeToArrive(s: SwarmState, request: OpenRequest, now: Millis): number {
  const peer = s.peers.get(request.peer)
  if (peer === undefined) return 0
  const rate = peer.window.rate(now)
  if (rate === 0) return now - request.sentAt < PATIENCE ? 0 : Number.POSITIVE_INFINITY
  return Math.max(0, request.dueAt - peer.received) / rate
}

import { Bitfield, type Millis } from '@p2pshare/base'
import { PickMemory } from '../picker/piece-picker.ts'
import { RequestWindow } from '../pipeline/request-window.ts'
import { ClaimBudget } from './claim-budget.ts'
import type { PeerKey } from './events.ts'
import type { SwarmPeer, SwarmState } from './swarm-state.ts'

/** A peer that just joined: it serves us, and its map is empty. */
export function newPeer(s: SwarmState, key: PeerKey, maxRequests: number, now: Millis): SwarmPeer {
  const allowed = Number.isFinite(maxRequests) ? Math.floor(maxRequests) : 1
  return {
    key,
    maxRequests: Math.max(1, Math.min(allowed, s.limits.requestsPerPeer)),
    window: new RequestWindow(),
    claims: new Bitfield(s.layout.pieceCount),
    seed: false,
    wanted: 0,
    claimBudget: new ClaimBudget(s.layout.pieceCount, now),
    barred: new Set(),
    falseClaims: 0,
    voided: false,
    choking: false,
    flips: 0,
    flipsSince: now,
    interested: false,
    pauseUntil: now,
    snubbed: false,
    lastProgress: now,
    timeouts: 0,
    received: 0,
    ahead: 0,
    runPieces: s.limits.runPieces,
    memory: new PickMemory(),
    suspect: false
  }
}

import { Bitfield, type Millis, millis, pieceIndex, type Rng } from '@p2pshare/base'
import { PiecePicker } from '../picker/piece-picker.ts'
import { RequestBudget } from '../pipeline/request-budget.ts'
import { RequestTable } from '../pipeline/request-table.ts'
import { RequestWindow } from '../pipeline/request-window.ts'
import { Announcements } from './announcements.ts'
import {
  onArrived,
  onLost,
  onProgress,
  onRefused,
  onStored,
  onVerified,
  pausePeer,
  setChoking
} from './answers.ts'
import { BegunPieces } from './begun-pieces.ts'
import { ClaimBudget } from './claim-budget.ts'
import type { PeerKey, SwarmEffect, SwarmEvent } from './events.ts'
import { fill } from './fill.ts'
import { changeClaims, forget, replaceClaims } from './peer-claims.ts'
import { abandon } from './piece-work.ts'
import { SeekTimer } from './seek-timer.ts'
import { checkSwarm } from './swarm-invariants.ts'
import { DEFAULT_SWARM_LIMITS, type SwarmLimits } from './swarm-limits.ts'
import { type SwarmSnapshot, snapshotOf } from './swarm-snapshot.ts'
import type { SwarmLayout, SwarmPeer, SwarmState } from './swarm-state.ts'
import {
  expireRequests,
  forgiveOwnSleep,
  lacksSource,
  nextWakeOf,
  someIdle,
  unavailablePieces
} from './timers.ts'

/** What a swarm is made of. */
export interface SwarmInit {
  /** A `ShareLayout` fits. */
  layout: SwarmLayout
  /** Pieces on disk now; copied. */
  have: Bitfield
  /** Same seed and same events give the same effects. */
  rng: Rng
  limits?: Partial<SwarmLimits>
  /** Shared by all swarms of a node; one of its own when missing. */
  budget?: RequestBudget
}

/**
 * Decides for one share what is asked of whom and what happens with the answers.
 *
 * Peers join unchoked (they serve until they say otherwise) and with an empty map. No method
 * throws on anything that a peer can cause. Starts running; `complete` is not said of a share that
 * was complete from the start.
 */
export interface Swarm {
  /** Takes an event. @param now - monotonic; never less than in an earlier call */
  handle(event: SwarmEvent, now: Millis): void
  /** What the session must do now, in order; each effect is given out once. */
  takeEffects(): SwarmEffect[]
  /** When `tick` is due if nothing happens before; undefined: never. Ask again after each event. */
  nextWake(): Millis | undefined
  /** Figures for display. Cost: O(pieces + peers). */
  snapshot(): SwarmSnapshot
  /** Throws when the swarm's own books do not balance; for tests. Cost: O(pieces × peers). */
  checkInvariants(): void
}

/** Makes the swarm of one share. */
export function createSwarm(init: SwarmInit): Swarm {
  return new PieceSwarm(init)
}

class PieceSwarm implements Swarm {
  readonly #s: SwarmState
  #now: Millis = millis(Number.NEGATIVE_INFINITY)
  #promised: Millis | undefined

  constructor(init: SwarmInit) {
    const { layout, rng } = init
    const limits = { ...DEFAULT_SWARM_LIMITS, ...init.limits }
    const budget = init.budget ?? new RequestBudget()
    const missing = new Bitfield(layout.pieceCount)
    let totalBytes = 0
    for (let p = 0; p < layout.pieceCount; p++) {
      totalBytes += layout.blockSize(pieceIndex(p))
      if (!init.have.has(p)) missing.set(p)
    }
    this.#s = {
      layout,
      limits,
      rng,
      budget,
      totalBytes,
      have: init.have.clone(),
      picker: new PiecePicker(missing, rng),
      begun: new BegunPieces(),
      requests: new RequestTable(budget),
      announcements: new Announcements(limits.announceDelay, limits.announcePieces),
      seek: new SeekTimer(),
      peers: new Map(),
      soleSource: new Set(),
      effects: [],
      running: true,
      completed: missing.isEmpty,
      duplicateBytes: 0,
      storePauseUntil: millis(Number.NEGATIVE_INFINITY),
      workAdded: false,
      idlePollAt: undefined,
      starved: false
    }
  }

  handle(event: SwarmEvent, now: Millis): void {
    const s = this.#s
    this.#now = now
    forgiveOwnSleep(s, this.#promised, now)
    this.#promised = undefined
    if ('peer' in event) this.#onPeerEvent(event, now)
    else this.#onOwnEvent(event, now)
    this.#settle('peer' in event ? event.peer : undefined, now)
  }

  takeEffects(): SwarmEffect[] {
    const effects = this.#s.effects
    this.#s.effects = []
    return effects
  }

  nextWake(): Millis | undefined {
    this.#promised = nextWakeOf(this.#s, this.#now)
    return this.#promised
  }

  snapshot(): SwarmSnapshot {
    return snapshotOf(this.#s, this.#now)
  }

  checkInvariants(): void {
    checkSwarm(this.#s)
  }

  #onPeerEvent(event: Extract<SwarmEvent, { peer: PeerKey }>, now: Millis): void {
    const s = this.#s
    const peer = s.peers.get(event.peer)
    if (event.kind === 'peer-joined') {
      if (peer !== undefined) forget(s, peer)
      s.peers.set(event.peer, newPeer(s, event.peer, event.maxRequests, now))
      return
    }
    // Events of a peer that was dropped may still be under way.
    if (peer === undefined) return
    switch (event.kind) {
      case 'peer-left':
        return forget(s, peer)
      case 'peer-pieces':
        return replaceClaims(s, peer, event.pieces, now)
      case 'peer-delta':
        return changeClaims(s, peer, event, now)
      case 'peer-choking':
        return setChoking(s, peer, event.choking, now)
      case 'peer-resting':
        return pausePeer(s, peer, event.until)
      case 'data-progress':
        return onProgress(s, peer, event.bytes, now)
      case 'data-arrived':
        return onArrived(s, peer, event.id, now)
      case 'refused':
        return onRefused(s, peer, event.id, event.reason, now)
      case 'round-trip':
        return peer.window.onRoundTrip(event.rtt)
    }
  }

  #onOwnEvent(event: Exclude<SwarmEvent, { peer: PeerKey }>, now: Millis): void {
    const s = this.#s
    switch (event.kind) {
      case 'piece-verified':
        return onVerified(s, event.piece, event.ok)
      case 'piece-stored':
        return onStored(s, event.piece, true, now)
      case 'store-failed':
        return onStored(s, event.piece, false, now)
      case 'pieces-lost':
        return onLost(s, event.pieces, now)
      case 'running':
        return this.#setRunning(event.running)
      case 'tick':
        return expireRequests(s, now)
    }
  }

  #setRunning(running: boolean): void {
    const s = this.#s
    s.running = running
    s.workAdded = true
    if (running) return
    for (const begun of [...s.begun.all()]) if (begun.state === 'fetching') abandon(s, begun)
  }

  /** What follows from any event: interest, new requests, announcements, seeking, the end. */
  #settle(touched: PeerKey | undefined, now: Millis): void {
    const s = this.#s
    const everyone = touched === undefined || s.workAdded || s.starved
    const poll = s.idlePollAt !== undefined && now >= s.idlePollAt
    s.workAdded = false
    s.starved = false
    if (poll) s.idlePollAt = undefined
    const due = [...s.peers.values()].filter((p) => everyone || p.key === touched || (poll && p.idle))
    for (const peer of due) if (!peer.snubbed) fill(s, peer, now)
    // Last, so that what a silent peer lost does not go straight back to it.
    for (const peer of due) if (peer.snubbed) fill(s, peer, now)
    for (const peer of s.peers.values()) this.#updateInterest(peer)
    if (s.idlePollAt !== undefined && !someIdle(s, now)) s.idlePollAt = undefined
    this.#finish(now)
  }

  #finish(now: Millis): void {
    const s = this.#s
    const done = s.have.isFull && !s.completed
    const announcement = s.announcements.take(now, done)
    if (announcement !== undefined) s.effects.push(announcement)
    if (done) {
      s.completed = true
      s.effects.push({ kind: 'complete' })
    }
    if (s.seek.update(s.running && lacksSource(s), now)) {
      s.effects.push({ kind: 'seek', pieces: unavailablePieces(s).map(pieceIndex) })
    }
  }

  #updateInterest(peer: SwarmPeer): void {
    const interested = this.#s.running && peer.wanted > 0
    if (interested === peer.interested) return
    peer.interested = interested
    this.#s.effects.push({ kind: 'interest', peer: peer.key, interested })
  }
}

function newPeer(s: SwarmState, key: PeerKey, maxRequests: number, now: Millis): SwarmPeer {
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
    dryAt: -1,
    idle: false
  }
}

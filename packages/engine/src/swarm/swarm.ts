import { Bitfield, type Millis, millis, pieceIndex, type Rng } from '@p2pshare/base'
import { PiecePicker } from '../picker/piece-picker.ts'
import { BufferBudget } from '../pipeline/buffer-budget.ts'
import { ceilingOf, RequestBudget } from '../pipeline/request-budget.ts'
import { RequestTable } from '../pipeline/request-table.ts'
import { Announcements } from './announcements.ts'
import { onArrived, onProgress, onRefused, pausePeer, setChoking } from './answers.ts'
import { BegunPieces } from './begun-pieces.ts'
import type { PeerKey, SwarmEffect, SwarmEvent } from './events.ts'
import { changeClaims, forget, replaceClaims } from './peer-claims.ts'
import { abandon } from './piece-work.ts'
import { onDeadline, onWithdrawn } from './urgent.ts'
import { onPriorities } from './selection.ts'
import { onHere, onLost, onStored, onVerified } from './stored.ts'
import { Deadlines } from './deadlines.ts'
import { SeekTimer } from './seek-timer.ts'
import { settle } from './settle.ts'
import { checkSwarm } from './swarm-invariants.ts'
import { DEFAULT_SWARM_LIMITS, type SwarmLimits } from './swarm-limits.ts'
import { type SwarmSnapshot, snapshotOf } from './swarm-snapshot.ts'
import { newPeer } from './swarm-peer.ts'
import type { SwarmLayout, SwarmPeer, SwarmState } from './swarm-state.ts'
import { forgiveOwnSleep, nextWakeOf, visitPeers } from './timers.ts'

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
  /** Memory for pieces, shared likewise. */
  buffers?: BufferBudget
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
  /** Takes events that came together, and decides once what follows from them. @param now - as in {@link handle} */
  handleAll(events: readonly SwarmEvent[], now: Millis): void
  /** What the session must do now, in order; each effect is given out once. */
  takeEffects(): SwarmEffect[]
  /** When `tick` is due if nothing happens before; undefined: never. Ask again after each event. */
  nextWake(): Millis | undefined
  /** Figures for display. Cost: O(pieces + peers). */
  snapshot(): SwarmSnapshot
  /** Gives back what is held of shared budgets; nothing may be called after it. */
  end(): void
  /** Throws when the swarm's own books do not balance; for tests. Cost: O(pieces × peers). */
  checkInvariants(): void
}

type ServedEvent = Extract<
  SwarmEvent,
  { kind: 'peer-choking' | 'data-progress' | 'data-arrived' | 'refused' }
>

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
      unwanted: init.have.clone(),
      picker: new PiecePicker(missing, rng),
      begun: new BegunPieces(init.buffers ?? new BufferBudget()),
      requests: new RequestTable(budget),
      announcements: new Announcements(limits.announceDelay, limits.announcePieces),
      seek: new SeekTimer(),
      peers: new Map(),
      soleSource: new Set(),
      effects: [],
      running: true,
      deadlines: new Deadlines(),
      completed: missing.isEmpty,
      selectionDone: false,
      order: 'rarest',
      duplicateBytes: 0,
      storePauseUntil: millis(Number.NEGATIVE_INFINITY),
      storePaused: false,
      workAdded: false,
      idlePollAt: undefined,
      touched: new Set(),
      idle: new Set(),
      starved: new Set(),
      loose: new Set(),
      interestDirty: new Set(),
      peersDue: Number.POSITIVE_INFINITY,
      reliefAt: Number.NEGATIVE_INFINITY,
      wokeAt: Number.NEGATIVE_INFINITY,
      ceiling: Number.POSITIVE_INFINITY
    }
  }

  handle(event: SwarmEvent, now: Millis): void {
    this.#begin(now)
    this.#take(event, now)
    settle(this.#s, now)
  }

  handleAll(events: readonly SwarmEvent[], now: Millis): void {
    this.#begin(now)
    for (const event of events) this.#take(event, now)
    settle(this.#s, now)
  }

  #begin(now: Millis): void {
    this.#now = now
    forgiveOwnSleep(this.#s, this.#promised, now)
    this.#promised = undefined
  }

  #take(event: SwarmEvent, now: Millis): void {
    if ('peer' in event) this.#onPeerEvent(event, now)
    else this.#onOwnEvent(event, now)
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

  end(): void {
    for (const request of [...this.#s.requests.all()]) this.#s.requests.remove(request)
    this.#s.begun.clear()
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
      case 'peer-resting':
        return pausePeer(s, peer, event.until)
      case 'round-trip':
        return peer.window.onRoundTrip(event.rtt)
      default:
        this.#onServed(peer, event, now)
        if (s.peers.get(peer.key) === peer) s.touched.add(peer)
    }
  }

  /** After these the peer may have room for another request. */
  #onServed(peer: SwarmPeer, event: ServedEvent, now: Millis): void {
    const s = this.#s
    switch (event.kind) {
      case 'peer-choking':
        return setChoking(s, peer, event.choking, now)
      case 'data-progress':
        return onProgress(s, peer, event.bytes, now)
      case 'data-arrived':
        return onArrived(s, peer, event.id, now)
      case 'refused':
        return onRefused(s, peer, event.id, event.reason, now)
    }
  }

  #onOwnEvent(event: Exclude<SwarmEvent, { peer: PeerKey }>, now: Millis): void {
    const s = this.#s
    switch (event.kind) {
      case 'piece-verified':
        return onVerified(s, event.piece, event.ok, now)
      case 'piece-stored':
        return onStored(s, event.piece, true, now)
      case 'store-failed':
        return onStored(s, event.piece, false, now)
      case 'piece-here':
        return onHere(s, event.piece, now)
      case 'pieces-lost':
        return onLost(s, event.pieces, now)
      case 'running':
        return this.#setRunning(event.running)
      case 'priorities':
        return onPriorities(s, event.ranges)
      case 'order':
        s.order = event.order === 'sequential' ? 'sequential' : 'rarest'
        return
      case 'deadline':
        return onDeadline(s, event.pieces, event.due)
      case 'deadline-withdrawn':
        return onWithdrawn(s, event.pieces)
      case 'ceiling':
        s.ceiling = ceilingOf(event.bytes)
        return
      case 'tick':
        return visitPeers(s, now)
    }
  }

  #setRunning(running: boolean): void {
    const s = this.#s
    s.running = running
    s.workAdded = true
    for (const peer of s.peers.values()) s.interestDirty.add(peer)
    if (running) return
    for (const begun of [...s.begun.all()]) if (begun.state === 'fetching') abandon(s, begun)
  }
}

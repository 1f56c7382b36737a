import { Bitfield, invariant, type Millis, millis, type Rng } from '@p2pshare/base'
import type { PieceRun } from '@p2pshare/wire'
import { isIncomplete, newOfferedPeer, type Offer, type OfferedPeer } from './offered-peer.ts'
import { newIn, SeenPieces } from './seen-pieces.ts'
import type { SuperSeedEffect, SuperSeedEvent, SuperSeedMode } from './super-seed-events.ts'
import { DEFAULT_SUPER_SEED_LIMITS, type SuperSeedLimits } from './super-seed-limits.ts'
import { Tellings } from './tellings.ts'
import { Uplink } from './uplink.ts'

/** A peer that keeps pieces to itself rests 2^5 times as long at most: 16 min. */
const MOST_DOUBLINGS = 5

/** What super-seeding is made of. */
export interface SuperSeedingInit {
  /** Pieces of the share, at least 1. */
  readonly pieces: number
  /** Bytes of a piece. */
  size(piece: number): number
  readonly rng: Rng
  readonly limits?: Partial<SuperSeedLimits>
}

/**
 * Decides what the only seeder of a share shows to whom (after BEP 16): while two or more peers
 * lack pieces, each is offered a few that nobody has yet, each piece to one peer, and more when
 * those are sent, rather to peers whose pieces were passed on. When every piece is at some peer,
 * or nothing moves, everything is shown to all, and that is the end of it. Requests for pieces
 * that were not offered are no business of this machine: they are served as ever.
 */
export class SuperSeeding {
  readonly #limits: SuperSeedLimits
  readonly #size: (piece: number) => number
  readonly #peers = new Map<string, OfferedPeer>()
  readonly #seen: SeenPieces
  /** Pieces that nobody has and nobody is offered. */
  readonly #free: Bitfield
  /** Who is offered a piece now. */
  readonly #offered = new Map<number, OfferedPeer>()
  /** Who got a piece from us that nobody else has yet. */
  readonly #givers = new Map<number, OfferedPeer>()
  readonly #tell = new Tellings()
  readonly #uplink: Uplink
  #mode: SuperSeedMode = 'open'
  #cursor: number
  #openBytes = 0
  #turn = 0
  #movedAt: Millis = millis(0)
  #severalAt: Millis = millis(0)
  #maskedAt: Millis = millis(0)
  /** Since when every piece is at some peer. */
  #coveredAt: Millis | undefined

  constructor(init: SuperSeedingInit) {
    this.#limits = { ...DEFAULT_SUPER_SEED_LIMITS, ...init.limits }
    this.#size = init.size
    this.#seen = new SeenPieces(init.pieces)
    this.#free = Bitfield.full(init.pieces)
    this.#uplink = new Uplink(this.#limits)
    // Two first seeders of one share begin at different places.
    this.#cursor = init.rng.below(init.pieces)
  }

  get mode(): SuperSeedMode {
    return this.#mode
  }

  /** Pieces that no peer has yet. */
  get unseen(): number {
    return this.#seen.unseen
  }

  /** Takes an event. @param now - monotonic; never less than in an earlier call */
  handle(event: SuperSeedEvent, now: Millis): void {
    if (this.#mode === 'over') {
      if (event.kind === 'joined') this.#tell.show(event.peer, undefined)
      return
    }
    if (event.kind === 'tick') this.#sweep(now)
    else if (event.kind === 'joined') this.#join(event.peer)
    else this.#onPeer(event, now)
    this.#settle(now)
  }

  /** What peers must be told now, in this order; each effect is given out once. */
  takeEffects(): SuperSeedEffect[] {
    return this.#tell.take()
  }

  /** Throws when the books do not balance; for tests. */
  checkInvariants(): void {
    let open = 0
    for (const peer of this.#peers.values()) {
      let bytes = 0
      for (const offer of peer.offers.values()) {
        invariant(this.#offered.get(offer.piece) === peer, `piece ${offer.piece} is offered to one peer`)
        invariant(!this.#free.has(offer.piece), `piece ${offer.piece} is offered and free`)
        bytes += this.#left(offer)
      }
      invariant(bytes === peer.openBytes, `open bytes of ${peer.name}`)
      invariant(peer.hoard >= 0, `hoard of ${peer.name}`)
      open += bytes
    }
    invariant(open === this.#openBytes, 'open bytes of all')
    for (const piece of this.#free.ones()) {
      invariant(this.#seen.of(piece) === 0, `piece ${piece} is free and seen`)
    }
  }

  // ---- events

  #join(name: string): void {
    if (this.#peers.has(name)) return
    this.#peers.set(name, newOfferedPeer(name, this.#limits.horizon))
    this.#tell.show(name, this.#mode === 'masked' ? [] : undefined)
  }

  #onPeer(event: Exclude<SuperSeedEvent, { kind: 'tick' | 'joined' }>, now: Millis): void {
    const peer = this.#peers.get(event.peer)
    if (peer === undefined) return
    switch (event.kind) {
      case 'left':
        return this.#leave(peer)
      case 'pieces':
        return this.#replace(peer, event.pieces)
      case 'delta':
        return this.#change(peer, event.added, event.removed)
      case 'requested':
        return this.#requested(peer, event.pieces, now)
      case 'sent':
        return this.#sent(peer, event.pieces, event.bytes, now)
    }
  }

  #leave(peer: OfferedPeer): void {
    this.#peers.delete(peer.name)
    this.#tell.forget(peer.name)
    for (const offer of [...peer.offers.values()]) this.#drop(peer, offer)
    for (const [piece, giver] of this.#givers) if (giver === peer) this.#givers.delete(piece)
    for (const piece of peer.pieces?.ones() ?? []) this.#lost(piece)
  }

  #replace(peer: OfferedPeer, pieces: Bitfield): void {
    if (pieces.length !== this.#free.length) return
    const before = peer.pieces ?? new Bitfield(pieces.length)
    peer.pieces = pieces.clone()
    for (const piece of newIn(pieces, before)) this.#announced(peer, piece)
    for (const piece of newIn(before, pieces)) this.#lost(piece)
  }

  #change(peer: OfferedPeer, added: readonly PieceRun[], removed: readonly PieceRun[]): void {
    const map = peer.pieces
    if (map === undefined) return
    for (const piece of within(added, map.length)) if (map.set(piece)) this.#announced(peer, piece)
    for (const piece of within(removed, map.length)) if (map.clear(piece)) this.#lost(piece)
  }

  /** Where everything is shown, what is asked for counts as offered from then on. */
  #requested(peer: OfferedPeer, pieces: PieceRun, now: Millis): void {
    for (const piece of within([pieces], this.#free.length)) {
      const offer = peer.offers.get(piece)
      if (offer?.state === 'offered') {
        offer.state = 'taken'
        offer.due = millis(now + this.#limits.progressWithin)
      } else if ((this.#mode === 'open' || peer.exempt) && this.#free.has(piece)) {
        this.#give(peer, piece, 'taken', millis(now + this.#limits.progressWithin))
      }
    }
  }

  #sent(peer: OfferedPeer, pieces: PieceRun, bytes: number, now: Millis): void {
    this.#movedAt = now
    this.#uplink.sent(bytes, now)
    peer.lately.add(bytes, now)
    for (const piece of within([pieces], this.#free.length)) {
      const offer = peer.offers.get(piece)
      if (offer === undefined || offer.state === 'delivered') continue
      const part = Math.min(this.#left(offer), pieces.count === 1 ? bytes : this.#size(piece))
      offer.sent += part
      peer.openBytes -= part
      this.#openBytes -= part
      const whole = this.#left(offer) === 0
      offer.state = whole ? 'delivered' : 'taken'
      offer.due = millis(now + (whole ? this.#limits.announceWithin : this.#limits.progressWithin))
    }
  }

  /** A peer has a piece now, from us or from another one. */
  #announced(peer: OfferedPeer, piece: number): void {
    this.#seen.add(piece)
    this.#free.clear(piece)
    const giver = this.#givers.get(piece)
    if (giver !== undefined && giver !== peer) {
      giver.hoard--
      this.#givers.delete(piece)
    }
    const owner = this.#offered.get(piece)
    const offer = owner?.offers.get(piece)
    if (owner === undefined || offer === undefined) return
    if (owner === peer) {
      this.#drop(peer, offer)
      peer.proven = true
      peer.kept = 0
      if (this.#seen.of(piece) > 1 || giver !== undefined) return
      peer.hoard++
      this.#givers.set(piece, peer)
    } else if (offer.state === 'offered') {
      // It is elsewhere already: the peer gets it there.
      this.#drop(owner, offer)
      this.#tell.withdraw(owner.name, piece)
    }
  }

  #lost(piece: number): void {
    this.#seen.remove(piece)
    if (this.#seen.of(piece) === 0 && !this.#offered.has(piece)) this.#free.set(piece)
    const giver = this.#givers.get(piece)
    if (giver === undefined || giver.pieces?.has(piece) === true) return
    giver.hoard--
    this.#givers.delete(piece)
  }

  // ---- time and modes

  #sweep(now: Millis): void {
    this.#uplink.tick(now, this.#openBytes)
    for (const peer of this.#peers.values()) {
      for (const offer of [...peer.offers.values()]) if (now >= offer.due) this.#lapse(peer, offer, now)
    }
  }

  /** The piece goes to somebody else. */
  #lapse(peer: OfferedPeer, offer: Offer, now: Millis): void {
    const { state } = offer
    this.#drop(peer, offer)
    if (this.#mode !== 'masked' || peer.exempt) return
    if (state === 'delivered') peer.kept++
    // Twice as long for each piece that it kept to itself: what it gets is lost to the others.
    peer.restUntil = millis(now + this.#limits.rest * 2 ** Math.min(peer.kept, MOST_DOUBLINGS))
    if (state !== 'offered') return
    this.#tell.withdraw(peer.name, offer.piece)
    // It wants none of what it is offered, e.g. only some files: it chooses for itself.
    if ([...peer.offers.values()].some((other) => other.state !== 'offered')) return
    peer.exempt = true
    this.#tell.show(peer.name, undefined)
  }

  #settle(now: Millis): void {
    const lacking = this.#lacking()
    if (lacking > 1) this.#severalAt = now
    if (this.#mode === 'open' && lacking > 1 && this.#seen.unseen > 0) this.#mask(now)
    if (this.#mode !== 'masked') return
    if (lacking === 0 || this.#isDone(now) || now - this.#movedAt >= this.#limits.stuckAfter)
      return this.#end()
    if (lacking < 2 && now - this.#severalAt >= this.#limits.aloneFor) return this.#open()
    this.#fill(now)
  }

  /** Subscribers that are not known to have everything. */
  #lacking(): number {
    let lacking = 0
    for (const peer of this.#peers.values()) if (isIncomplete(peer)) lacking++
    return lacking
  }

  /**
   * Everything is out, and the peers had some time to swap it: telling all at once would draw them
   * all to us for what they are about to give each other.
   */
  #isDone(now: Millis): boolean {
    if (this.#seen.unseen > 0) {
      this.#coveredAt = undefined
      return false
    }
    this.#coveredAt ??= now
    return now - this.#coveredAt >= this.#limits.linger * (this.#coveredAt - this.#maskedAt)
  }

  #mask(now: Millis): void {
    this.#mode = 'masked'
    this.#movedAt = now
    this.#maskedAt = now
    this.#coveredAt = undefined
    for (const peer of this.#peers.values()) this.#tell.show(peer.name, [...peer.offers.keys()])
  }

  #open(): void {
    this.#mode = 'open'
    this.#showAll()
  }

  #end(): void {
    this.#mode = 'over'
    this.#showAll()
    this.#peers.clear()
    this.#offered.clear()
    this.#givers.clear()
    this.#openBytes = 0
  }

  #showAll(): void {
    for (const peer of this.#peers.values()) if (isIncomplete(peer)) this.#tell.show(peer.name, undefined)
  }

  // ---- offers

  #fill(now: Millis): void {
    while (!this.#free.isEmpty && this.#openBytes < this.#uplink.room(now)) {
      const peer = this.#next(now)
      if (peer === undefined) return
      this.#offer(peer, now)
    }
  }

  /** Who has least in hand: neither to be sent nor to be passed on; then who waits longest. */
  #next(now: Millis): OfferedPeer | undefined {
    let best: OfferedPeer | undefined
    for (const peer of this.#peers.values()) {
      if (!this.#mayGet(peer, now)) continue
      const order = best === undefined ? -1 : inHand(peer) - inHand(best)
      if (best === undefined || order < 0 || (order === 0 && peer.lastOffer < best.lastOffer)) best = peer
    }
    return best
  }

  #mayGet(peer: OfferedPeer, now: Millis): boolean {
    const { leastOpenPerPeer, offerBytes } = this.#limits
    if (peer.pieces === undefined || peer.exempt || now < peer.restUntil || !isIncomplete(peer)) return false
    if (!peer.proven && peer.offers.size > 0) return false
    return peer.openBytes < Math.max(leastOpenPerPeer * offerBytes, 2 * peer.lately.at(now))
  }

  /** One piece, or the small ones after it, too. */
  #offer(peer: OfferedPeer, now: Millis): void {
    const { offerBytes, offerPieces, takeWithin } = this.#limits
    const start = this.#free.nextSet(this.#cursor)
    let piece = start === -1 ? this.#free.nextSet(0) : start
    for (let bytes = 0, count = 0; this.#free.has(piece) && count < offerPieces; piece++, count++) {
      bytes += this.#size(piece)
      if (count > 0 && bytes > offerBytes) break
      this.#give(peer, piece, 'offered', millis(now + takeWithin))
      this.#tell.offer(peer.name, piece)
    }
    peer.lastOffer = ++this.#turn
    this.#cursor = piece
  }

  #give(peer: OfferedPeer, piece: number, state: Offer['state'], due: Millis): void {
    peer.offers.set(piece, { piece, sent: 0, state, due })
    peer.openBytes += this.#size(piece)
    this.#openBytes += this.#size(piece)
    this.#offered.set(piece, peer)
    this.#free.clear(piece)
  }

  #drop(peer: OfferedPeer, offer: Offer): void {
    peer.offers.delete(offer.piece)
    this.#offered.delete(offer.piece)
    peer.openBytes -= this.#left(offer)
    this.#openBytes -= this.#left(offer)
    if (this.#seen.of(offer.piece) === 0) this.#free.set(offer.piece)
  }

  #left(offer: Offer): number {
    return this.#size(offer.piece) - offer.sent
  }
}

const inHand = ({ offers, hoard }: OfferedPeer): number => offers.size + hoard

/** The pieces of runs, each cut at the end of the share. */
function* within(runs: readonly PieceRun[], length: number): Generator<number> {
  for (const { start, count } of runs) {
    const end = Math.min(start + count, length)
    for (let piece = start as number; piece < end; piece++) yield piece
  }
}

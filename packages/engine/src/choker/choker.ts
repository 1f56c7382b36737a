import { invariant, type Millis, millis, type Rng } from '@p2pshare/base'
import { RateMeter } from '../rate/rate-meter.ts'
import { type ChokerLimits, DEFAULT_CHOKER_LIMITS, slotsFor } from './choker-limits.ts'
import { type Lane, newLane } from './lane.ts'
import { byReciprocity, byTurn, drawOptimistic } from './ranking.ts'

/** What happened, told to the choker. A lane is one peer in one share; it appears with its first event. */
export type ChokerEvent =
  /** The peer takes part; `credit` is what it gave us beyond what it took, in bytes, ever. */
  | { kind: 'joined'; peer: string; share: string; credit: number }
  | { kind: 'left'; peer: string; share: string }
  | { kind: 'interest'; peer: string; share: string; interested: boolean }
  /** Content bytes came from the peer. */
  | { kind: 'received'; peer: string; share: string; bytes: number }
  /** Content bytes went to the peer. */
  | { kind: 'sent'; peer: string; share: string; bytes: number }
  /** How much of the share the peer has, 0 … 1. */
  | { kind: 'progress'; peer: string; share: string; progress: number }
  /** Pieces that we gave this peer were seen at others. */
  | { kind: 'passed-on'; peer: string; share: string; pieces: number }
  /** Whether we have the whole share. */
  | { kind: 'seeding'; share: string; seeding: boolean }
  /** How many peers may be served at once; undefined: as the measured capacity says. */
  | { kind: 'slots'; slots: number | undefined }
  /** The time that `nextWake` named has come. */
  | { kind: 'tick' }

/** What the peer must be told. */
export interface ChokerEffect {
  kind: 'choke'
  peer: string
  share: string
  choked: boolean
}

/** Figures for display. */
export interface ChokerSnapshot {
  readonly slots: number
  readonly interested: number
  readonly unchoked: number
}

/** What a choker is made of. */
export interface ChokerInit {
  rng: Rng
  limits?: Partial<ChokerLimits>
  /** When seeding, prefer peers at the beginning and the end of their download. */
  antiLeech?: boolean
}

/** Most of a peer's passed-on pieces that count, and the part that is left of them after a round. */
const MOST_PASSED_ON = 8
const PASSED_ON_DECAY = 0.8
/** The part of the measured upload capacity that is believed after a round that did not show it. */
const CAPACITY_DECAY = 0.9

/**
 * Decides for the whole node which peers are served. Work-conserving: nobody interested is choked
 * while a slot is free, and a slot that falls free is given at once; only who *keeps* a slot is
 * decided in rounds. Peers start unchoked, so where there are fewer peers than slots nothing is
 * ever said. Who sends nothing for 20 s has no merit left (BEP 3's anti-snubbing, by the rate).
 */
export class Choker {
  readonly #limits: ChokerLimits
  readonly #rng: Rng
  readonly #antiLeech: boolean
  readonly #lanes = new Map<string, Map<string, Lane>>()
  readonly #seeding = new Set<string>()
  readonly #sent = new RateMeter(20_000)
  #capacity = 0
  #fixedSlots: number | undefined
  #effects: ChokerEffect[] = []
  #nextRound: Millis | undefined
  #rounds = 0
  #serving = 0

  constructor(init: ChokerInit) {
    this.#limits = { ...DEFAULT_CHOKER_LIMITS, ...init.limits }
    this.#rng = init.rng
    this.#antiLeech = init.antiLeech ?? false
  }

  /** How many peers may be served at once. */
  get slots(): number {
    return this.#fixedSlots ?? slotsFor(this.#capacity, this.#limits)
  }

  /** Takes an event. @param now - monotonic; never less than in an earlier call */
  handle(event: ChokerEvent, now: Millis): void {
    if ('peer' in event) this.#onLane(event, now)
    else if (event.kind === 'seeding') this.#setSeeding(event.share, event.seeding)
    else if (event.kind === 'slots') {
      this.#fixedSlots = event.slots
      this.#round(now)
    } else if (this.#nextRound !== undefined && now >= this.#nextRound) this.#round(now)
  }

  /** What peers must be told now; each effect is given out once. */
  takeEffects(): ChokerEffect[] {
    const effects = this.#effects
    this.#effects = []
    return effects
  }

  /** When `tick` is due; undefined while nobody waits for a slot. */
  nextWake(): Millis | undefined {
    return this.#nextRound
  }

  /** Whether requests of the peer about the share are to be refused. Unknown lanes are unchoked. */
  isChoked(peer: string, share: string): boolean {
    return this.#lanes.get(share)?.get(peer)?.choked === true
  }

  /** Whether the peer takes part in the share. */
  knows(peer: string, share: string): boolean {
    return this.#lanes.get(share)?.has(peer) === true
  }

  /** Whether one more could be served; then nobody waits. */
  get hasFreeSlot(): boolean {
    return this.#serving < this.slots
  }

  snapshot(): ChokerSnapshot {
    const interested = this.#all().filter((lane) => lane.interested).length
    return { slots: this.slots, interested, unchoked: this.#serving }
  }

  /** Throws when the books do not balance; for tests. */
  checkInvariants(): void {
    const interested = this.#all().filter((lane) => lane.interested)
    const served = interested.filter((lane) => !lane.choked)
    invariant(served.length === this.#serving, `${served.length} served, ${this.#serving} counted`)
    invariant(
      served.length >= Math.min(interested.length, this.slots),
      'somebody interested is choked while a slot is free'
    )
    invariant(this.#nextRound !== undefined || served.length === interested.length, 'waits without a round')
  }

  #onLane(event: Extract<ChokerEvent, { peer: string }>, now: Millis): void {
    const lane = this.#lanes.get(event.share)?.get(event.peer)
    if (event.kind === 'joined') {
      if (lane === undefined) this.#add(newLane(event.peer, event.share, event.credit, now))
      return
    }
    if (lane === undefined) return
    switch (event.kind) {
      case 'left':
        return this.#remove(lane, now)
      case 'interest':
        return this.#setInterest(lane, event.interested, now)
      case 'received':
        return lane.received.add(event.bytes, now)
      case 'sent':
        lane.served += event.bytes
        this.#sent.add(event.bytes, now)
        // While somebody waits, more slots are given as soon as they show to be worth it.
        if (this.#nextRound !== undefined) this.#widen(now)
        return
      case 'progress':
        lane.progress = event.progress
        return
      case 'passed-on':
        lane.passedOn = Math.min(MOST_PASSED_ON, lane.passedOn + event.pieces)
        return
    }
  }

  #setInterest(lane: Lane, interested: boolean, now: Millis): void {
    if (lane.interested === interested) return
    lane.interested = interested
    if (!interested) {
      lane.optimistic = false
      if (!lane.choked) {
        this.#serving--
        this.#fillFree(now)
      }
      return
    }
    if (!lane.choked) this.#serving++
    this.#widen(now)
    if (this.#serving > this.slots) this.#set(lane, true, now)
    this.#fillFree(now)
    if (lane.choked) this.#nextRound ??= millis(now + this.#limits.round)
  }

  /** Gives slots that are free to those who wait. */
  #fillFree(now: Millis): void {
    let free = this.slots - this.#serving
    if (free <= 0) return
    const waiting = this.#all().filter((lane) => lane.interested && lane.choked)
    for (const lane of this.#preferred(waiting, now)) {
      if (free-- <= 0) return
      this.#set(lane, false, now)
    }
  }

  #round(now: Millis): void {
    this.#measure(now)
    this.#rounds++
    const wanting = this.#all().filter((lane) => lane.interested)
    const { slots } = this
    if (this.#rounds % this.#limits.optimisticRounds === 0)
      for (const lane of wanting) lane.optimistic = false
    // Peers of a share that we seed have their turns and need no luck.
    const fetching = wanting.filter((lane) => !this.#seeding.has(lane.share))
    const optimistic = wanting.length > slots ? this.#optimistic(fetching, slots, now) : []
    const rest = wanting.filter((lane) => !optimistic.includes(lane))
    const regular = this.#preferred(rest, now).slice(0, Math.max(0, slots - optimistic.length))
    const chosen = new Set([...regular, ...optimistic])
    for (const lane of wanting) lane.optimistic = optimistic.includes(lane)
    for (const lane of wanting) if (!chosen.has(lane)) this.#set(lane, true, now)
    for (const lane of chosen) this.#set(lane, false, now)
    for (const lane of this.#all()) lane.passedOn *= PASSED_ON_DECAY
    this.#nextRound = wanting.length > slots ? millis(now + this.#limits.round) : undefined
  }

  /** Those that hold an optimistic slot in this period, and new ones for what is left. */
  #optimistic(wanting: readonly Lane[], slots: number, now: Millis): Lane[] {
    const count = Math.max(1, Math.floor(slots / this.#limits.slotsPerOptimistic))
    const chosen = wanting.filter((lane) => lane.optimistic && !lane.choked).slice(0, count)
    // Who is choked now is what the slot is for; the others earn theirs.
    const waiting = wanting.filter((lane) => lane.choked)
    while (chosen.length < count) {
      const next = drawOptimistic(
        waiting.filter((lane) => !chosen.includes(lane)),
        this.#limits,
        this.#rng,
        now
      )
      if (next === undefined) break
      chosen.push(next)
    }
    return chosen
  }

  /**
   * Everybody in the order in which slots are due. Shares that we fetch and shares that we seed
   * take turns in proportion to who wants something of them, so neither starves the other.
   */
  #preferred(lanes: readonly Lane[], now: Millis): Lane[] {
    const leeching = lanes.filter((lane) => !this.#seeding.has(lane.share))
    const seeding = lanes.filter((lane) => this.#seeding.has(lane.share))
    if (seeding.length === 0) return byReciprocity(leeching, now)
    const turns = byTurn(seeding, this.#limits, now, this.#antiLeech)
    return leeching.length === 0 ? turns : interleave(byReciprocity(leeching, now), turns)
  }

  /** Capacity shows only while much is asked of us: what was reached once fades by a tenth a round. */
  #measure(now: Millis): void {
    this.#capacity = Math.max(this.#capacity * CAPACITY_DECAY, this.#sent.rate(now))
  }

  #widen(now: Millis): void {
    this.#capacity = Math.max(this.#capacity, this.#sent.rate(now))
    this.#fillFree(now)
  }

  #set(lane: Lane, choked: boolean, now: Millis): void {
    if (lane.choked === choked) return
    lane.choked = choked
    lane.since = now
    lane.served = 0
    if (lane.interested) this.#serving += choked ? -1 : 1
    this.#effects.push({ kind: 'choke', peer: lane.peer, share: lane.share, choked })
  }

  #setSeeding(share: string, seeding: boolean): void {
    if (seeding) this.#seeding.add(share)
    else this.#seeding.delete(share)
  }

  #add(lane: Lane): void {
    const lanes = this.#lanes.get(lane.share)
    if (lanes === undefined) this.#lanes.set(lane.share, new Map([[lane.peer, lane]]))
    else lanes.set(lane.peer, lane)
  }

  #remove(lane: Lane, now: Millis): void {
    const lanes = this.#lanes.get(lane.share)
    lanes?.delete(lane.peer)
    if (lanes?.size === 0) this.#lanes.delete(lane.share)
    if (!lane.interested || lane.choked) return
    this.#serving--
    this.#fillFree(now)
  }

  #all(): Lane[] {
    return [...this.#lanes.values()].flatMap((lanes) => [...lanes.values()])
  }
}

/** Merges two lists so that each stays in order and their members are spread evenly. */
function interleave(a: readonly Lane[], b: readonly Lane[]): Lane[] {
  const place = (list: readonly Lane[]): [number, Lane][] =>
    list.map((lane, i) => [(i + 0.5) / list.length, lane])
  return [...place(a), ...place(b)].toSorted(([x], [y]) => x - y).map(([, lane]) => lane)
}

import { Bitfield, bytes, MiB, millis, seededRng } from '@p2pshare/base'
import {
  createSwarm,
  type RequestBudget,
  type Swarm,
  type SwarmEffect,
  type SwarmEvent,
  type SwarmLimits
} from '../../src/index.ts'

/** The effects of one kind. */
export type Of<K extends SwarmEffect['kind']> = Extract<SwarmEffect, { kind: K }>

/** A swarm with peers that claim everything, driven by hand; its books are checked after each event. */
export class Hand {
  readonly swarm: Swarm
  readonly pieces: number
  /** Effects of all events since the beginning. */
  readonly effects: SwarmEffect[] = []
  now = 0

  constructor(
    pieces: number,
    peers: readonly string[],
    options: {
      seed?: number
      size?: (piece: number) => number
      limits?: Partial<SwarmLimits>
      budget?: RequestBudget
    } = {}
  ) {
    const { size = () => MiB, limits = {}, budget } = options
    this.swarm = createSwarm({
      layout: { pieceCount: pieces, blockSize: (p) => bytes(size(p)) },
      have: new Bitfield(pieces),
      rng: seededRng(options.seed ?? 1),
      limits,
      ...(budget === undefined ? {} : { budget })
    })
    this.pieces = pieces
    for (const peer of peers) this.join(peer)
  }

  /** A peer comes; it has everything unless told otherwise. */
  join(
    peer: string,
    has: Iterable<number> = Array.from({ length: this.pieces }, (_, p) => p)
  ): SwarmEffect[] {
    const map = new Bitfield(this.pieces)
    for (const piece of has) map.set(piece)
    return [
      ...this.do({ kind: 'peer-joined', peer, maxRequests: 64 }),
      ...this.do({ kind: 'peer-pieces', peer, pieces: map })
    ]
  }

  /** Tells the swarm; answers what it wants done. */
  do(event: SwarmEvent): SwarmEffect[] {
    if (event.kind === 'peer-left' || event.kind === 'peer-joined') this.#forget(event.peer)
    this.swarm.handle(event, millis(this.now))
    return this.#heard()
  }

  /** Tells the swarm several things at once. */
  doAll(events: readonly SwarmEvent[]): SwarmEffect[] {
    this.swarm.handleAll(events, millis(this.now))
    return this.#heard()
  }

  #heard(): SwarmEffect[] {
    this.swarm.checkInvariants()
    const effects = this.swarm.takeEffects()
    this.effects.push(...effects)
    for (const { peer } of only(effects, 'drop-peer')) this.#forget(peer)
    return effects
  }

  /** Lets time pass, with every wake-up that falls due. */
  pass(ms: number): SwarmEffect[] {
    const end = this.now + ms
    const effects: SwarmEffect[] = []
    for (let wake = this.swarm.nextWake(); wake !== undefined && wake <= end; wake = this.swarm.nextWake()) {
      this.now = Math.max(this.now, wake)
      effects.push(...this.do({ kind: 'tick' }))
    }
    this.now = end
    return effects
  }

  /** Wakes up at `now` however late that is. */
  sleepUntil(now: number): SwarmEffect[] {
    this.swarm.nextWake()
    this.now = now
    return this.do({ kind: 'tick' })
  }

  /** Requests that are neither answered nor cancelled, to peers that are there, as far as the effects tell. */
  open(peer?: string): Of<'request'>[] {
    const cancelled = new Set(only(this.effects, 'cancel').map(({ id }) => id))
    return only(this.effects, 'request').filter(
      (r) => !cancelled.has(r.id) && !this.#answered.has(r.id) && (peer === undefined || r.peer === peer)
    )
  }

  #forget(peer: string): void {
    for (const request of this.open(peer)) this.#answered.add(request.id)
  }

  readonly #answered = new Set<number>()

  /** The peer answers a request. */
  answer(request: Of<'request'>): SwarmEffect[] {
    this.#answered.add(request.id)
    return this.do({ kind: 'data-arrived', peer: request.peer, id: request.id })
  }

  /** Hash and disk answer all that is asked of them, right. */
  store(effects: readonly SwarmEffect[], ok = true): SwarmEffect[] {
    const further: SwarmEffect[] = []
    for (const { piece } of only(effects, 'verify')) {
      further.push(...this.do({ kind: 'piece-verified', piece, ok }))
      if (ok) further.push(...this.do({ kind: 'piece-stored', piece }))
    }
    return further
  }
}

/** The effects of one kind, in order. */
export function only<K extends SwarmEffect['kind']>(effects: readonly SwarmEffect[], kind: K): Of<K>[] {
  return effects.filter((effect): effect is Of<K> => effect.kind === kind)
}

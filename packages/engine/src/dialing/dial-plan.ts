import { invariant, type Millis, millis, type Rng } from '@p2pshare/base'
import { BACK_OFF, backOff, LONGEST_BACK_OFF, PeerMemory } from './peer-memory.ts'

/** Where a candidate came from, best first; `known`: it took part in the share in an earlier run. */
export type CandidateSource = 'hint' | 'known' | 'mdns' | 'lan-dht' | 'private-dht' | 'amino-dht' | 'exchange'

/** A peer that may have the share. */
export interface DialCandidate {
  readonly peer: string
  readonly addresses: readonly string[]
  readonly source: CandidateSource
}

/** What the plan allows. */
export interface DialLimits {
  readonly known: number
  readonly parallel: number
  readonly perSecond: number
  /** No dials while this many peers are connected. */
  readonly target: number
}

/** Limits in use unless the caller says otherwise (threat T15). */
export const DEFAULT_DIAL_LIMITS: DialLimits = { known: 2000, parallel: 8, perSecond: 10, target: 50 }

/** Addresses kept of one peer, and the longest one kept, in characters. */
const ADDRESSES = 16
const ADDRESS_LENGTH = 512
const SOURCES: readonly CandidateSource[] = [
  'hint',
  'known',
  'mdns',
  'lan-dht',
  'private-dht',
  'amino-dht',
  'exchange'
]

interface Known {
  readonly peer: string
  addresses: readonly string[]
  rank: number
  state: 'idle' | 'dialing' | 'connected'
  /** Times that it left the share, or its connection ended. */
  departures: number
  /** Said that it lacks the share: comes after all others. */
  lacking: boolean
  /** Has it, but does not serve it now; until it is asked again. */
  refusing: boolean
  /** Of this share; {@link PeerMemory} may want a longer rest. */
  notBefore: Millis
  /** Order of arrival, the last tie-break. */
  readonly order: number
}

/** Whom to dial next for one share, and when. */
export class DialPlan {
  readonly #limits: DialLimits
  readonly #rng: Rng
  readonly #memory: PeerMemory
  readonly #known = new Map<string, Known>()
  readonly #counts = { idle: 0, dialing: 0, connected: 0 }
  /** Times of the last dials, at most `perSecond`. */
  #recent: Millis[] = []
  #arrivals = 0

  /** @param init - `memory` is that of the node; without one, this plan has its own */
  constructor(init: { rng: Rng; memory?: PeerMemory; limits?: Partial<DialLimits> }) {
    this.#rng = init.rng
    this.#memory = init.memory ?? new PeerMemory(init)
    this.#limits = { ...DEFAULT_DIAL_LIMITS, ...init.limits }
  }

  /** Peers known, dialled or connected. */
  get size(): number {
    return this.#known.size
  }

  get connectedCount(): number {
    return this.#counts.connected
  }

  get dialingCount(): number {
    return this.#counts.dialing
  }

  /**
   * Adds a candidate, or more addresses of a known one; new addresses come first. When the plan is
   * full, the worst peer that is neither connected nor dialled makes room, if worse.
   */
  add(candidate: DialCandidate, now: Millis): void {
    const rank = SOURCES.indexOf(candidate.source)
    const fresh = candidate.addresses.filter((a) => a.length > 0 && a.length <= ADDRESS_LENGTH)
    const known = this.#known.get(candidate.peer)
    if (known === undefined) {
      const entry = this.#entry(candidate.peer, fresh, rank, now)
      const worst = this.#worst()
      if (worst === undefined || this.#better(entry, worst) < 0) this.#keep(entry, worst)
      return
    }
    const isNew = fresh.some((address) => !known.addresses.includes(address))
    known.addresses = [...new Set([...fresh, ...known.addresses])].slice(0, ADDRESSES)
    known.rank = Math.min(known.rank, rank)
    if (!isNew || known.lacking) return
    this.#memory.renewed(known.peer, now)
    known.notBefore = millis(Math.min(known.notBefore, now + BACK_OFF))
  }

  /** Forgets a peer, e.g. a banned one. */
  remove(peer: string): void {
    const known = this.#known.get(peer)
    if (known === undefined) return
    this.#counts[known.state]--
    this.#known.delete(peer)
  }

  /** The peers to dial now, each to be reported by {@link dialed}. */
  next(now: Millis): DialCandidate[] {
    const chosen: DialCandidate[] = []
    let room = this.#room(now)
    if (room <= 0) return chosen
    const ready = [...this.#known.values()]
      .filter((k) => k.state === 'idle' && this.#readyAt(k) <= now)
      .sort((a, b) => this.#better(a, b))
    for (const known of ready) {
      if (room-- <= 0) break
      known.refusing = false
      this.#setState(known, 'dialing')
      this.#recent.push(now)
      chosen.push({ peer: known.peer, addresses: known.addresses, source: SOURCES[known.rank] ?? 'exchange' })
    }
    return chosen
  }

  /** A dial ended. After a failure the peer rests 2 s, doubling to 10 min, each ± 25 %. */
  dialed(peer: string, ok: boolean, now: Millis): void {
    const known = this.#known.get(peer)
    if (known === undefined) return
    if (ok) {
      this.#memory.reached(peer)
      // Who lacked the share counts when it takes part, not when it can be reached.
      this.#setState(known, known.lacking || known.refusing ? 'idle' : 'connected')
      if (known.lacking) known.notBefore = millis(Math.max(known.notBefore, now + LONGEST_BACK_OFF))
      return
    }
    if (known.state !== 'connected') this.#setState(known, 'idle')
    this.#memory.failed(peer, now)
  }

  /** A dial was called off by ourselves; nothing was learnt of the peer. */
  calledOff(peer: string): void {
    const known = this.#known.get(peer)
    if (known?.state === 'dialing') this.#setState(known, 'idle')
  }

  /** The peer is connected, whoever dialled. */
  connected(peer: string, now: Millis): void {
    if (!this.#known.has(peer)) this.#keep(this.#entry(peer, [], SOURCES.length - 1, now), this.#worst())
    const known = this.#known.get(peer)
    if (known !== undefined) known.lacking = known.refusing = false
    this.dialed(peer, true, now)
    this.#memory.had(peer)
  }

  /** The connection ended; the peer may be dialled again after its back-off. */
  disconnected(peer: string, now: Millis): void {
    const known = this.#known.get(peer)
    if (known === undefined || known.state !== 'connected') return
    this.#setState(known, 'idle')
    known.notBefore = millis(Math.max(known.notBefore, now + backOff(known.departures++, this.#rng)))
  }

  /** One of the two has too many connections: the peer rests for long. */
  turnedAway(peer: string, now: Millis): void {
    const known = this.#known.get(peer)
    if (known !== undefined) known.notBefore = millis(Math.max(known.notBefore, now + LONGEST_BACK_OFF))
  }

  /** The peer does not have the share: it has cost one dial, and is asked again only when all others were. */
  lacksShare(peer: string, now: Millis): void {
    const known = this.#known.get(peer)
    if (known === undefined) return
    if (known.state === 'connected') this.#setState(known, 'idle')
    if (!known.lacking) this.#memory.lacked(peer)
    known.lacking = true
    known.notBefore = millis(Math.max(known.notBefore, now + LONGEST_BACK_OFF))
  }

  /** The peer has the share and does not serve it now (paused, its file is gone): asked again after 2 s, doubling to 10 min. */
  refuses(peer: string, now: Millis): void {
    const known = this.#known.get(peer)
    if (known === undefined) return
    if (known.state === 'connected') this.#setState(known, 'idle')
    known.refusing = true
    known.notBefore = millis(Math.max(known.notBefore, now + backOff(known.departures++, this.#rng)))
  }

  /** When {@link next} may have something, if nothing happens before; undefined: never. */
  nextWake(now: Millis): Millis | undefined {
    const { parallel, target, perSecond } = this.#limits
    const dialing = this.dialingCount
    if (dialing >= parallel || dialing + this.connectedCount >= target) return undefined
    let wake = Number.POSITIVE_INFINITY
    for (const known of this.#known.values()) {
      if (known.state === 'idle') wake = Math.min(wake, Math.max(this.#readyAt(known), now))
    }
    if (wake === Number.POSITIVE_INFINITY) return undefined
    this.#forgetOld(now)
    const [first] = this.#recent
    if (this.#recent.length >= perSecond && first !== undefined) wake = Math.max(wake, first + 1000)
    return millis(wake)
  }

  /** What is to be shown of a peer: failed dials in a row, and when it may be dialled again. */
  outlook(peer: string): { failures: number; nextAt: Millis | undefined } {
    const known = this.#known.get(peer)
    const nextAt = known?.state === 'idle' ? this.#readyAt(known) : undefined
    return { failures: this.#memory.failures(peer), nextAt }
  }

  /** Throws when a bound does not hold; for tests. */
  checkInvariants(): void {
    invariant(this.#known.size <= this.#limits.known, 'too many peers known')
    invariant(this.dialingCount <= this.#limits.parallel, 'too many dials')
    invariant(this.#recent.length <= this.#limits.perSecond, 'too many dials a second')
    for (const state of ['idle', 'dialing', 'connected'] as const) {
      const count = [...this.#known.values()].filter((known) => known.state === state).length
      invariant(count === this.#counts[state], `${count} peers are ${state}`)
    }
    for (const known of this.#known.values())
      invariant(known.addresses.length <= ADDRESSES, 'too many addresses')
  }

  #room(now: Millis): number {
    this.#forgetOld(now)
    const { parallel, target, perSecond } = this.#limits
    const dialing = this.dialingCount
    return Math.min(
      parallel - dialing,
      target - dialing - this.connectedCount,
      perSecond - this.#recent.length
    )
  }

  #forgetOld(now: Millis): void {
    this.#recent = this.#recent.filter((at) => now - at < 1000)
  }

  #setState(known: Known, state: Known['state']): void {
    this.#counts[known.state]--
    this.#counts[state]++
    known.state = state
  }

  #readyAt(known: Known): Millis {
    return millis(Math.max(known.notBefore, this.#memory.restsUntil(known.peer)))
  }

  /** Sort order: has the share, is no false provider, fewer failures, better source, known longer. */
  #better(a: Known, b: Known): number {
    const memory = this.#memory
    return (
      Number(a.lacking) - Number(b.lacking) ||
      Number(memory.isUnreliable(a.peer)) - Number(memory.isUnreliable(b.peer)) ||
      memory.failures(a.peer) + a.departures - memory.failures(b.peer) - b.departures ||
      a.rank - b.rank ||
      a.order - b.order
    )
  }

  #entry(peer: string, addresses: readonly string[], rank: number, now: Millis): Known {
    return {
      peer,
      addresses: [...new Set(addresses)].slice(0, ADDRESSES),
      rank,
      state: 'idle',
      departures: 0,
      lacking: false,
      refusing: false,
      notBefore: now,
      order: this.#arrivals++
    }
  }

  /** Adds an entry; when the plan is full, `worst` goes, or without one the entry is not kept. */
  #keep(entry: Known, worst: Known | undefined): void {
    if (this.#known.size >= this.#limits.known) {
      if (worst === undefined) return
      this.#known.delete(worst.peer)
      this.#counts[worst.state]--
    }
    this.#known.set(entry.peer, entry)
    this.#counts[entry.state]++
  }

  /** Who would make room: undefined while there is room, or when all are connected or dialled. */
  #worst(): Known | undefined {
    if (this.#known.size < this.#limits.known) return undefined
    let worst: Known | undefined
    for (const known of this.#known.values()) {
      if (known.state === 'idle' && (worst === undefined || this.#better(known, worst) > 0)) worst = known
    }
    return worst
  }
}

import type { Clock } from '@p2pshare/base'
import type { RelaySettings, RelayingCondition } from '@p2pshare/ports'
import { type CircuitLimit, RELAY } from '../limits/index.ts'
import { type BudgetState, ByteBudget } from './byte-budget.ts'
import { CircuitBook, type CircuitEnds } from './circuit-book.ts'
import { type Place, type PlaceAsker, Places } from './places.ts'

/** What a circuit was admitted as. */
export type CircuitKind = 'signals' | 'data'

/** A circuit that may be opened. */
export interface AdmittedCircuit {
  kind: CircuitKind
  limit: CircuitLimit
}

/** What {@link RelayRules} starts from. */
export interface RulesInit {
  clock: Pick<Clock, 'now' | 'wallTime'>
  settings: RelaySettings
  /** Whether others can open connections to this node. */
  reachable: () => boolean
  /** How far the budgets were used when the node stopped. */
  data?: BudgetState | undefined
  signals?: BudgetState | undefined
}

/**
 * Everything that a relay decides; no I/O. As data only what the user's budget has left is carried, and of that each
 * peer and each address block has a part; signals have a small allowance of their own each day.
 */
export class RelayRules {
  readonly #clock: RulesInit['clock']
  readonly #reachable: () => boolean
  readonly #places = new Places()
  readonly #circuits = new CircuitBook()
  readonly #data: ByteBudget
  readonly #signals: ByteBudget
  #settings: RelaySettings

  constructor({ clock, settings, reachable, data, signals }: RulesInit) {
    this.#clock = clock
    this.#reachable = reachable
    this.#settings = settings
    this.#data = new ByteBudget(settings.budget, clock.wallTime(), data)
    const perDay = { bytes: RELAY.signalsPerDay, period: 'day' } as const
    this.#signals = new ByteBudget(perDay, clock.wallTime(), signals)
  }

  get settings(): RelaySettings {
    return this.#settings
  }

  /** Whether others can open connections to this node. */
  get reachable(): boolean {
    return this.#reachable()
  }

  /** What is relayed now. */
  get mode(): RelayingCondition['mode'] {
    const { choice } = this.#settings
    if (choice === 'auto') return this.#reachable() ? 'signals' : 'off'
    if (choice === 'data') return this.dataLeft > 0 ? 'data' : 'signals'
    return choice
  }

  get maxPlaces(): number {
    if (this.mode === 'off') return 0
    const { choice, places } = this.#settings
    return places ?? (choice === 'data' ? RELAY.dataPlaces : RELAY.signalPlaces)
  }

  get places(): { all: number; members: number } {
    return this.#places.count(this.#clock.now())
  }

  get circuits(): number {
    return this.#circuits.size
  }

  /** Bytes left of this period's budget; infinite without one. */
  get dataLeft(): number {
    return this.#data.left(this.#clock.wallTime())
  }

  get signalsLeft(): number {
    return this.#signals.left(this.#clock.wallTime())
  }

  get resetsAt(): number {
    return this.#data.resetsAt(this.#clock.wallTime())
  }

  /** How far the budgets are used. */
  state(kind: CircuitKind): BudgetState {
    return this.#budget(kind).state(this.#clock.wallTime())
  }

  change(settings: RelaySettings): void {
    this.#settings = settings
    this.#data.change(settings.budget, this.#clock.wallTime())
  }

  askPlace(asker: PlaceAsker): Place | 'no-place' | 'address-block' {
    return this.#places.grant(asker, this.maxPlaces, this.#clock.now())
  }

  place(peer: string): Place | undefined {
    return this.#places.find(peer, this.#clock.now())
  }

  releasePlace(peer: string): void {
    this.#places.release(peer)
  }

  releaseAll(): void {
    this.#places.clear()
  }

  /** Enters a circuit, or says why there may be none; {@link closeCircuit} takes it out again. */
  openCircuit(
    ends: CircuitEnds
  ): AdmittedCircuit | 'circuits' | 'address-block' | 'too-often' | 'budget' | 'forbidden' {
    if (ends.source === ends.target) return 'forbidden'
    const kind = this.#kindOf(ends)
    if (kind === 'signals' && this.signalsLeft <= 0) return 'budget'
    const most = this.mode === 'data' ? RELAY.dataCircuits : RELAY.signalCircuits
    const opened = this.#circuits.open(ends, most, this.#clock.now())
    return opened === 'opened' ? { kind, limit: RELAY[kind] } : opened
  }

  closeCircuit(ends: CircuitEnds): void {
    this.#circuits.close(ends)
  }

  /** Counts bytes that a circuit carried; false when its kind has none left, for all or for these peers. */
  carry(kind: CircuitKind, ends: CircuitEnds, bytes: number): boolean {
    const wall = this.#clock.wallTime()
    if (kind === 'signals') {
      this.#signals.spend(bytes, [], wall)
      return this.#signals.left(wall) > 0
    }
    this.#data.spend(bytes, usersOf(ends).map(nameOf), wall)
    return this.#kindOf(ends) === 'data'
  }

  /** Data where the budget says so for both peers and both address blocks. */
  #kindOf(ends: CircuitEnds): CircuitKind {
    if (this.mode !== 'data') return 'signals'
    const wall = this.#clock.wallTime()
    const left = usersOf(ends).every((user) => this.#data.leftFor(nameOf(user), user.part, wall) > 0)
    return left ? 'data' : 'signals'
  }

  #budget(kind: CircuitKind): ByteBudget {
    return kind === 'data' ? this.#data : this.#signals
  }
}

interface User {
  name: string
  part: number
}

/** Who uses the budget by a circuit; both ends in one block are one user of it. */
function usersOf({ source, target, sourceBlock, targetBlock }: CircuitEnds): User[] {
  const peers = [source, target].map((peer) => ({ name: `peer ${peer}`, part: RELAY.peerPart }))
  const blocks = [...new Set([sourceBlock, targetBlock])]
    .filter((block) => block !== undefined)
    .map((block) => ({ name: `block ${block}`, part: RELAY.blockPart }))
  return [...peers, ...blocks]
}

const nameOf = ({ name }: User): string => name

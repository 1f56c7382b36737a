import { Bitfield, invariant, type Rng } from '@p2pshare/base'
import { Candidates } from './candidates.ts'
import { type PieceTable, pieceTable } from './piece-order.ts'

/** How much a piece is wanted: 0 skip (not at all), 1 low, 2 normal, 3 high. A higher one always goes first. */
export type PiecePriority = 0 | 1 | 2 | 3

/** Which of the candidates of the highest priority to take: the least available, any, or the lowest number. */
export type PickOrder = 'rarest' | 'random' | 'first'

const NORMAL = 2
const DESCENDING = [3, 2, 1] as const

/** Which pieces one request may cover, see {@link PiecePicker.runAt}. */
export interface RunLimits {
  /** Most pieces in a run. */
  pieces: number
  /** Most bytes in a run. */
  bytes: number
  /** Block size of a piece in bytes, or undefined when the piece is too large for runs. */
  smallSize(piece: number): number | undefined
}

/** What one peer was found to have nothing of, so that the search is not repeated. */
export class PickMemory {
  /** `returns` of each priority's candidates when the peer had none of them. */
  readonly dry = [-1, -1, -1, -1]

  /** The peer has more than before. */
  clear(): void {
    this.dry.fill(-1)
  }
}

/**
 * Chooses which piece to begin next: of the highest priority the rarest one that the peer has, with
 * random choice among equals (Cohen's "rarest first", as described in BEP 3's economics paper and
 * Legout et al. 2006).
 *
 * Peers that claim every piece are only counted, so a seeder costs nothing to add. Candidates are
 * the missing pieces that nobody works on; the caller takes them out and puts them back. Memory
 * for a priority is used only once a piece has it.
 */
export class PiecePicker {
  readonly #table: PieceTable
  readonly #rng: Rng
  readonly #levels: (Candidates | undefined)[] = [undefined, undefined, undefined, undefined]
  /** By piece; undefined while all are normal. */
  #priorities: Uint8Array | undefined
  /** Missing pieces of priority 0 that nobody works on; undefined while there was none. */
  #skipped: Bitfield | undefined
  #seeds = 0

  /** @param missing - the candidates to begin with, of normal priority; not kept */
  constructor(missing: Bitfield, rng: Rng) {
    this.#table = pieceTable(missing.length)
    this.#rng = rng
    const normal = this.#level(NORMAL)
    for (const piece of missing.ones()) normal.add(piece)
  }

  /** How many wanted pieces nobody works on. */
  get candidates(): number {
    let sum = 0
    for (const level of this.#levels) sum += level?.size ?? 0
    return sum
  }

  /** How many candidates no peer has. */
  get unavailable(): number {
    if (this.#seeds > 0) return 0
    let sum = 0
    for (const level of this.#levels) sum += level?.order.unclaimed ?? 0
    return sum
  }

  isCandidate(piece: number): boolean {
    return this.#levels[this.priority(piece)]?.has(piece) === true
  }

  /** Whether the piece would be a candidate if it were not skipped. */
  isSkipped(piece: number): boolean {
    return this.#skipped?.has(piece) === true
  }

  /** How many peers have the piece. */
  availability(piece: number): number {
    return (this.#table.counts[piece] ?? 0) + this.#seeds
  }

  addSeed(): void {
    this.#seeds++
  }

  removeSeed(): void {
    invariant(this.#seeds > 0, 'no seed to remove')
    this.#seeds--
  }

  claim(piece: number): void {
    this.#levelOf(piece).order.claim(piece)
  }

  unclaim(piece: number): void {
    this.#levelOf(piece).order.unclaim(piece)
  }

  priority(piece: number): PiecePriority {
    return (this.#priorities?.[piece] ?? NORMAL) as PiecePriority
  }

  /** Changes a piece's priority; a candidate moves, a piece that is worked on will come back as told. */
  setPriority(piece: number, priority: PiecePriority): void {
    if (priority === this.priority(piece)) return
    const waiting = this.isCandidate(piece) || this.isSkipped(piece)
    if (waiting) this.take(piece)
    this.#priorities ??= new Uint8Array(this.#table.counts.length).fill(NORMAL)
    this.#priorities[piece] = priority
    if (waiting) this.putBack(piece)
  }

  /** The piece is being worked on, or had: no candidate any more. */
  take(piece: number): void {
    if (this.priority(piece) === 0) this.#skipped?.clear(piece)
    else this.#levelOf(piece).take(piece)
  }

  /** The piece is missing again. */
  putBack(piece: number): void {
    const priority = this.priority(piece)
    if (priority !== 0) {
      this.#level(priority).add(piece)
      return
    }
    this.#skipped ??= new Bitfield(this.#table.counts.length)
    this.#skipped.set(piece)
  }

  /**
   * The candidate that this peer should be asked for.
   *
   * @param claims - what the peer has
   * @param how - which of the highest priority; `random` is for the first pieces of a share, where
   *   having anything to give counts more than having the rarest
   * @param memory - the peer's own, cleared whenever it gets more pieces
   * @returns undefined when the peer has no candidate. Cost: O(1), at worst for each priority in
   *   use one pass over the words of two bitfields.
   */
  pick(claims: Bitfield, how: PickOrder = 'rarest', memory?: PickMemory): number | undefined {
    if (claims.isEmpty) return undefined
    for (const priority of DESCENDING) {
      const level = this.#levels[priority]
      if (level === undefined || level.size === 0) continue
      if (memory?.dry[priority] === level.returns) continue
      const piece = level[how](claims)
      if (piece !== undefined) return piece
      if (memory !== undefined) memory.dry[priority] = level.returns
    }
    return undefined
  }

  /** Up to `count` candidates that no peer has, in random order, those of high priority first. */
  sampleUnavailable(count: number): number[] {
    const chosen: number[] = []
    if (this.#seeds > 0) return chosen
    for (const priority of DESCENDING) {
      const order = this.#levels[priority]?.order
      if (order === undefined || order.unclaimed === 0) continue
      const start = this.#rng.below(order.unclaimed)
      const most = Math.min(count - chosen.length, order.unclaimed)
      for (let i = 0; i < most; i++) chosen.push(order.at((start + i) % order.unclaimed))
    }
    return chosen
  }

  /**
   * The run of small candidates around `piece` that one request to the peer can cover, all of one
   * priority. Starts at the first neighbour before it that is as rare, not before a multiple of
   * `limits.pieces`, so that runs lie side by side and leave no crumbs; `piece` itself may then be
   * left for the next run.
   *
   * @returns start and length; length 1 when `piece` is too large for runs
   */
  runAt(piece: number, claims: Bitfield, limits: RunLimits): { start: number; count: number } {
    const size = limits.smallSize(piece)
    if (size === undefined || limits.pieces <= 1) return { start: piece, count: 1 }
    const level = this.#levelOf(piece)
    const rarity = level.order.count(piece)
    const grid = piece - (piece % limits.pieces)
    const fits = (p: number): boolean => level.has(p) && claims.has(p) && limits.smallSize(p) !== undefined
    let start = piece
    while (start > grid && fits(start - 1) && level.order.count(start - 1) <= rarity) start--
    let count = 0
    let room = limits.bytes
    while (count < limits.pieces && fits(start + count)) {
      room -= limits.smallSize(start + count) ?? 0
      if (room < 0) break
      count++
    }
    return count === 0 ? { start: piece, count: 1 } : { start, count }
  }

  /** Throws when something does not hold; for tests. Cost: O(pieces). */
  checkInvariants(): void {
    let placed = 0
    for (const place of this.#table.places) if (place >= 0) placed++
    invariant(placed === this.candidates, `${placed} pieces have a place, ${this.candidates} in the orders`)
    for (const [priority, level] of this.#levels.entries()) {
      level?.checkInvariants()
      for (const piece of level?.all() ?? [])
        invariant(this.priority(piece) === priority, `piece ${piece} lies in the wrong priority`)
    }
    for (const piece of this.#skipped?.ones() ?? [])
      invariant(this.priority(piece) === 0, `piece ${piece} is not to be skipped`)
  }

  /** The candidates of the piece's priority; for skipped pieces, which lie in none, any will do. */
  #levelOf(piece: number): Candidates {
    return this.#level(this.priority(piece) || NORMAL)
  }

  #level(priority: number): Candidates {
    const level = this.#levels[priority] ?? new Candidates(this.#table, this.#rng)
    this.#levels[priority] = level
    return level
  }
}

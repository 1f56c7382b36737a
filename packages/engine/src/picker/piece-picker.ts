import { Bitfield, invariant, type Rng } from '@p2pshare/base'
import { PieceOrder } from './piece-order.ts'

/**
 * Candidates looked at in order of rarity before the search turns to the peer's own map. A peer
 * that claims a fraction f of the pieces is served from the order with probability 1 − (1 − f)^512.
 */
const PROBES = 512
/** How many candidates of the peer's map are compared when the order did not give one. */
const SAMPLES = 16

/** Which pieces one request may cover, see {@link PiecePicker.runAt}. */
export interface RunLimits {
  /** Most pieces in a run. */
  pieces: number
  /** Most bytes in a run. */
  bytes: number
  /** Block size of a piece in bytes, or undefined when the piece is too large for runs. */
  smallSize(piece: number): number | undefined
}

/**
 * Chooses which piece to begin next: the rarest one that the peer has, with random choice among
 * equals (Cohen's "rarest first", as described in BEP 3's economics paper and Legout et al. 2006).
 *
 * Peers that claim every piece are only counted, so a seeder costs nothing to add. Candidates are
 * the missing pieces that nobody works on; the caller takes them out and puts them back.
 */
export class PiecePicker {
  readonly #order: PieceOrder
  readonly #candidates: Bitfield
  readonly #rng: Rng
  #seeds = 0
  #returns = 0

  /** @param missing - the candidates to begin with; not kept */
  constructor(missing: Bitfield, rng: Rng) {
    this.#order = new PieceOrder(missing.length, rng)
    this.#candidates = new Bitfield(missing.length)
    this.#rng = rng
    for (const piece of missing.ones()) this.putBack(piece)
  }

  /** How many missing pieces nobody works on. */
  get candidates(): number {
    return this.#order.size
  }

  /** How many candidates no peer has. */
  get unavailable(): number {
    return this.#seeds > 0 ? 0 : this.#order.unclaimed
  }

  isCandidate(piece: number): boolean {
    return this.#order.has(piece)
  }

  /** How many peers have the piece. */
  availability(piece: number): number {
    return this.#order.count(piece) + this.#seeds
  }

  addSeed(): void {
    this.#seeds++
  }

  removeSeed(): void {
    invariant(this.#seeds > 0, 'no seed to remove')
    this.#seeds--
  }

  claim(piece: number): void {
    this.#order.claim(piece)
  }

  unclaim(piece: number): void {
    this.#order.unclaim(piece)
  }

  /** The piece is being worked on, or had: no candidate any more. */
  take(piece: number): void {
    this.#order.take(piece)
    this.#candidates.clear(piece)
  }

  /** Counts `putBack`: as long as it stays, who had nothing to pick has nothing still. */
  get returns(): number {
    return this.#returns
  }

  /** The piece is missing again. */
  putBack(piece: number): void {
    this.#returns++
    this.#order.add(piece)
    this.#candidates.set(piece)
  }

  /**
   * The candidate that this peer should be asked for.
   *
   * @param claims - what the peer has
   * @param random - ignore rarity: for the first pieces of a share, where having anything to give
   *   counts more than having the rarest
   * @returns undefined when the peer has no candidate. Cost: O(PROBES), at worst one pass over the
   *   words of two bitfields.
   */
  pick(claims: Bitfield, random = false): number | undefined {
    const size = this.#order.size
    if (size === 0 || claims.isEmpty) return undefined
    const start = random ? this.#rng.below(size) : this.#firstPossible(claims)
    const probes = Math.min(PROBES, size)
    for (let i = 0; i < probes; i++) {
      const piece = this.#order.at((start + i) % size)
      if (claims.has(piece)) return piece
    }
    return probes === size ? undefined : this.#pickFromMap(claims)
  }

  /** Up to `count` candidates that no peer has, in random order. */
  sampleUnavailable(count: number): number[] {
    const total = this.unavailable
    const start = total === 0 ? 0 : this.#rng.below(total)
    const chosen: number[] = []
    for (let i = 0; i < Math.min(count, total); i++) chosen.push(this.#order.at((start + i) % total))
    return chosen
  }

  /**
   * The run of small candidates around `piece` that one request to the peer can cover. Starts at
   * the first neighbour before it that is as rare, not before a multiple of `limits.pieces`, so
   * that runs lie side by side and leave no crumbs; `piece` itself may then be left for the next
   * run.
   *
   * @returns start and length; length 1 when `piece` is too large for runs
   */
  runAt(piece: number, claims: Bitfield, limits: RunLimits): { start: number; count: number } {
    const size = limits.smallSize(piece)
    if (size === undefined || limits.pieces <= 1) return { start: piece, count: 1 }
    const rarity = this.#order.count(piece)
    const grid = piece - (piece % limits.pieces)
    const fits = (p: number): boolean =>
      this.#order.has(p) && claims.has(p) && limits.smallSize(p) !== undefined
    let start = piece
    while (start > grid && fits(start - 1) && this.#order.count(start - 1) <= rarity) start--
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
    this.#order.checkInvariants()
    invariant(this.#candidates.count === this.#order.size, 'candidate set and order differ')
    for (const piece of this.#candidates.ones())
      invariant(this.#order.has(piece), `piece ${piece} not in order`)
  }

  /** A peer that lacks something is itself counted, so none of its pieces lies in bucket 0. */
  #firstPossible(claims: Bitfield): number {
    const unclaimed = this.#order.unclaimed
    return claims.isFull || unclaimed === this.#order.size ? 0 : unclaimed
  }

  /** For a peer with few pieces: the rarest of some candidates of its map, from a random start on. */
  #pickFromMap(claims: Bitfield): number | undefined {
    const start = this.#rng.below(claims.length)
    let best: number | undefined
    let from = start
    let wrapped = false
    for (let seen = 0; seen < SAMPLES; seen++) {
      let piece = this.#candidates.nextInBoth(claims, from)
      if (piece === -1 && !wrapped) {
        wrapped = true
        piece = this.#candidates.nextInBoth(claims, 0)
      }
      if (piece === -1 || (wrapped && piece >= start)) break
      if (best === undefined || this.#order.count(piece) < this.#order.count(best)) best = piece
      from = piece + 1
    }
    return best
  }
}

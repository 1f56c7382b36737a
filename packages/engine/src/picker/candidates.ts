import { Bitfield, invariant, type Rng } from '@p2pshare/base'
import { PieceOrder, type PieceTable } from './piece-order.ts'

/**
 * Candidates looked at in order of rarity before the search turns to the peer's own map. A peer
 * that claims a fraction f of the pieces is served from the order with probability 1 − (1 − f)^512.
 */
const PROBES = 512
/** How many candidates of the peer's map are compared when the order did not give one. */
const SAMPLES = 16

/** The candidates of one priority: missing pieces that nobody works on. */
export class Candidates {
  readonly order: PieceOrder
  readonly #set: Bitfield
  readonly #rng: Rng
  #returns = 0
  /** No candidate lies before it. */
  #first = 0

  constructor(table: PieceTable, rng: Rng) {
    this.order = new PieceOrder(table, rng)
    this.#set = new Bitfield(table.counts.length)
    this.#rng = rng
  }

  get size(): number {
    return this.order.size
  }

  /** Counts `add`: as long as it stays, a peer that had nothing to pick here has nothing still. */
  get returns(): number {
    return this.#returns
  }

  has(piece: number): boolean {
    return this.#set.has(piece)
  }

  /** All of them, in ascending order. */
  all(): Iterable<number> {
    return this.#set.ones()
  }

  add(piece: number): void {
    this.#returns++
    this.order.add(piece)
    this.#set.set(piece)
    if (piece < this.#first) this.#first = piece
  }

  take(piece: number): void {
    this.order.take(piece)
    this.#set.clear(piece)
  }

  /** The rarest that the peer has. Cost: O(PROBES), at worst one pass over the words of two bitfields. */
  rarest(claims: Bitfield): number | undefined {
    return this.#probe(claims, this.#firstPossible(claims))
  }

  /** Any that the peer has. */
  random(claims: Bitfield): number | undefined {
    return this.#probe(claims, this.#rng.below(Math.max(1, this.size)))
  }

  /** The one with the lowest number that the peer has. Cost: at worst one pass over two bitfields. */
  first(claims: Bitfield): number | undefined {
    const first = this.#set.nextSet(this.#first)
    if (first === -1) return undefined
    this.#first = first
    const piece = this.#set.nextInBoth(claims, first)
    return piece === -1 ? undefined : piece
  }

  /** Throws when something does not hold; for tests. Cost: O(pieces). */
  checkInvariants(): void {
    this.order.checkInvariants()
    invariant(this.#set.count === this.order.size, 'candidate set and order differ')
    for (const piece of this.#set.ones()) {
      invariant(this.order.has(piece), `piece ${piece} not in order`)
      invariant(piece >= this.#first, `piece ${piece} lies before the first`)
    }
  }

  #probe(claims: Bitfield, start: number): number | undefined {
    const { size } = this
    const probes = Math.min(PROBES, size)
    let place = start
    for (let i = 0; i < probes; i++) {
      const piece = this.order.at(place)
      if (claims.has(piece)) return piece
      if (++place === size) place = 0
    }
    return probes === size ? undefined : this.#fromMap(claims)
  }

  /** A peer that lacks something is itself counted, so none of its pieces lies in bucket 0. */
  #firstPossible(claims: Bitfield): number {
    const { unclaimed } = this.order
    return claims.isFull || unclaimed === this.size ? 0 : unclaimed
  }

  /** For a peer with few pieces: the rarest of some candidates of its map, from a random start on. */
  #fromMap(claims: Bitfield): number | undefined {
    const start = this.#rng.below(claims.length)
    let best: number | undefined
    let from = start
    let wrapped = false
    for (let seen = 0; seen < SAMPLES; seen++) {
      let piece = this.#set.nextInBoth(claims, from)
      if (piece === -1 && !wrapped) {
        wrapped = true
        piece = this.#set.nextInBoth(claims, 0)
      }
      if (piece === -1 || (wrapped && piece >= start)) break
      if (best === undefined || this.order.count(piece) < this.order.count(best)) best = piece
      from = piece + 1
    }
    return best
  }
}

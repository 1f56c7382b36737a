import { invariant, type Rng } from '@p2pshare/base'

/** What is known of each piece, shared by the orders of all priorities: a piece lies in one of them at most. */
export interface PieceTable {
  /** How many peers claim the piece. */
  readonly counts: Uint16Array
  /** Where the piece lies in its order; −1: in none. */
  readonly places: Int32Array
}

/** A table of `pieceCount` pieces (0 … 2^21) that nobody claims and that lie in no order. */
export function pieceTable(pieceCount: number): PieceTable {
  return { counts: new Uint16Array(pieceCount), places: new Int32Array(pieceCount).fill(-1) }
}

/**
 * Candidate pieces of one priority, kept sorted by how many peers claim them, with a random order among equals.
 *
 * One array holds all candidates; bucket `k` (the pieces that `k` peers claim) is a slice of it.
 * A change of availability by one is one swap over the border of two buckets, and a second swap
 * to a random place of the new bucket keeps equals shuffled. Adding or taking a candidate costs
 * one move per bucket. Availability is kept for every piece, candidate or not. `has`, `take`,
 * `claim` and `unclaim` may be called only for pieces that lie in this order or in none.
 */
export class PieceOrder {
  readonly #counts: Uint16Array
  readonly #order: Uint32Array
  readonly #place: Int32Array
  /** `#ends[k]`: where bucket `k` ends; it begins where bucket `k − 1` ends. */
  readonly #ends: number[] = [0]
  readonly #rng: Rng

  /** No piece is a candidate at first. */
  constructor(table: PieceTable, rng: Rng) {
    this.#counts = table.counts
    this.#order = new Uint32Array(table.counts.length)
    this.#place = table.places
    this.#rng = rng
  }

  /** How many candidates there are. */
  get size(): number {
    return this.#ends[this.#ends.length - 1] ?? 0
  }

  /** How many candidates are claimed by nobody. */
  get unclaimed(): number {
    return this.#ends[0] ?? 0
  }

  /** How many peers claim the piece (those that claim all are not counted here). */
  count(piece: number): number {
    return this.#counts[piece] ?? 0
  }

  has(piece: number): boolean {
    return (this.#place[piece] ?? -1) >= 0
  }

  /** The candidate at a place of the order: 0 is the rarest, `size` − 1 the most common. */
  at(place: number): number {
    return this.#order[place] ?? 0
  }

  /** Makes the piece a candidate; does nothing when it is one. */
  add(piece: number): void {
    if (this.has(piece)) return
    const bucket = this.count(piece)
    this.#growTo(bucket)
    let hole = this.size
    for (let k = this.#ends.length - 1; k > bucket; k--) {
      const first = this.#end(k - 1)
      // An empty bucket has nothing to move: its border is the hole itself.
      if (first !== hole) this.#put(this.at(first), hole)
      hole = first
      this.#ends[k] = this.#end(k) + 1
    }
    this.#ends[bucket] = hole + 1
    this.#put(piece, hole)
    this.#shuffleIn(hole, bucket)
  }

  /** Takes the piece out of the candidates; does nothing when it is none. */
  take(piece: number): void {
    let hole = this.#place[piece] ?? -1
    if (hole < 0) return
    for (let k = this.count(piece); k < this.#ends.length; k++) {
      const last = this.#end(k) - 1
      if (last !== hole) this.#put(this.at(last), hole)
      hole = last
      this.#ends[k] = last
    }
    this.#place[piece] = -1
  }

  /** One more peer claims the piece. */
  claim(piece: number): void {
    const from = this.count(piece)
    this.#counts[piece] = from + 1
    const place = this.#place[piece] ?? -1
    if (place < 0) return
    this.#growTo(from + 1)
    const last = this.#end(from) - 1
    this.#put(this.at(last), place)
    this.#put(piece, last)
    this.#ends[from] = last
    this.#shuffleIn(last, from + 1)
  }

  /** One peer less claims the piece. */
  unclaim(piece: number): void {
    const from = this.count(piece)
    invariant(from > 0, `piece ${piece} is claimed by nobody`)
    this.#counts[piece] = from - 1
    const place = this.#place[piece] ?? -1
    if (place < 0) return
    const first = this.#end(from - 1)
    this.#put(this.at(first), place)
    this.#put(piece, first)
    this.#ends[from - 1] = first + 1
    this.#shuffleIn(first, from - 1)
  }

  /** Throws when the order is broken; for tests. Cost: O(pieces). */
  checkInvariants(): void {
    let begin = 0
    for (const [bucket, end] of this.#ends.entries()) {
      invariant(end >= begin, `bucket ${bucket} ends before it begins`)
      for (let i = begin; i < end; i++) {
        invariant(this.count(this.at(i)) === bucket, `piece ${this.at(i)} lies in the wrong bucket`)
        invariant(this.#place[this.at(i)] === i, `piece ${this.at(i)} does not know its place`)
      }
      begin = end
    }
  }

  #end(bucket: number): number {
    return this.#ends[bucket] ?? 0
  }

  #growTo(bucket: number): void {
    while (this.#ends.length <= bucket) this.#ends.push(this.size)
  }

  #put(piece: number, place: number): void {
    this.#order[place] = piece
    this.#place[piece] = place
  }

  /** Swaps the newcomer at `place` with a random member of its bucket, itself included. */
  #shuffleIn(place: number, bucket: number): void {
    const begin = bucket === 0 ? 0 : this.#end(bucket - 1)
    const other = begin + this.#rng.below(this.#end(bucket) - begin)
    const piece = this.at(place)
    this.#put(this.at(other), place)
    this.#put(piece, other)
  }
}

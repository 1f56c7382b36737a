import { Bitfield } from '@p2pshare/base'

/** How many peers say that they have each piece. */
export class SeenPieces {
  readonly #counts: Uint16Array
  #unseen: number

  constructor(pieces: number) {
    this.#counts = new Uint16Array(pieces)
    this.#unseen = pieces
  }

  /** Pieces that no peer has. */
  get unseen(): number {
    return this.#unseen
  }

  /** Peers that have the piece. */
  of(piece: number): number {
    return this.#counts[piece] ?? 0
  }

  add(piece: number): void {
    const count = this.of(piece)
    if (count === 0) this.#unseen--
    this.#counts[piece] = count + 1
  }

  remove(piece: number): void {
    const count = this.of(piece)
    if (count === 1) this.#unseen++
    this.#counts[piece] = count - 1
  }
}

/** Pieces in `after` and not in `before`, ascending; both of equal length. */
export function* newIn(after: Bitfield, before: Bitfield | undefined): Generator<number> {
  const old = before ?? new Bitfield(after.length)
  for (let i = after.nextNotIn(old); i !== -1; i = after.nextNotIn(old, i + 1)) yield i
}

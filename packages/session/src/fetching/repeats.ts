import { type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import { compare } from 'uint8arrays/compare'
import { equals } from 'uint8arrays/equals'

/** More than there are pieces: a digest's first 32 bits and a piece's number fit a double together. */
const PIECES = 2 ** 21

/**
 * Which pieces of a share have the same content. Found once, since looking for it in the catalogue at every piece
 * that is stored costs as much as to write a small one. Cost: O(n log n) for n pieces; 4 bytes a piece, where any
 * two are alike.
 */
export class Repeats {
  /** Each piece names the next one like it, the last the first; undefined when no two are alike. */
  readonly #next: Int32Array | undefined

  constructor(layout: Pick<ShareLayout, 'pieceCount' | 'digest'>) {
    const digest = (piece: number): Uint8Array => layout.digest(pieceIndex(piece))
    let next: Int32Array | undefined
    for (const alike of sameHead(layout.pieceCount, digest)) {
      alike.sort((a, b) => compare(digest(a), digest(b)))
      next ??= Int32Array.from({ length: layout.pieceCount }, (_, i) => i)
      link(alike, digest, next)
    }
    this.#next = next
  }

  /** The other pieces like this one, ascending or not. Each set of them is given out once. */
  take(piece: PieceIndex): PieceIndex[] {
    const next = this.#next
    const others: PieceIndex[] = []
    if (next === undefined) return others
    for (let at = next[piece] ?? piece; at !== piece; ) {
      others.push(pieceIndex(at))
      const following = next[at] ?? piece
      next[at] = at
      at = following
    }
    next[piece] = piece
    return others
  }
}

/** Sets of two or more pieces whose digests begin with the same 32 bits. */
function* sameHead(count: number, digest: (piece: number) => Uint8Array): Generator<number[]> {
  const order = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    const d = digest(i)
    const tail = ((d[1] ?? 0) << 16) | ((d[2] ?? 0) << 8) | (d[3] ?? 0)
    order[i] = ((d[0] ?? 0) * 2 ** 24 + tail) * PIECES + i
  }
  order.sort()
  for (let from = 0; from < count; ) {
    const head = Math.floor((order[from] ?? 0) / PIECES)
    let to = from + 1
    while (to < count && Math.floor((order[to] ?? 0) / PIECES) === head) to++
    if (to > from + 1) yield Array.from(order.subarray(from, to), (entry) => entry % PIECES)
    from = to
  }
}

/** Makes a ring of each run of equal digests in a sorted list. */
function link(sorted: readonly number[], digest: (piece: number) => Uint8Array, next: Int32Array): void {
  let first = sorted[0] ?? 0
  for (const [i, piece] of sorted.entries()) {
    const following = sorted[i + 1]
    const goesOn = following !== undefined && equals(digest(following), digest(piece))
    next[piece] = goesOn ? following : first
    if (!goesOn && following !== undefined) first = following
  }
}

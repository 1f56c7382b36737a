import { Bitfield, pieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'

/** Content bytes that lie in the index and are thus here as soon as the layout is. */
function inlineBytes(layout: ShareLayout): number {
  let sum = 0
  for (const file of layout.files) for (const extent of file.inline) sum += extent.data.byteLength
  return sum
}

/** Counts content bytes on disk; looks only at pieces that came or went since it was asked last. */
export class ShareProgress {
  readonly #layout: ShareLayout
  readonly #counted: Bitfield
  #bytes: number

  constructor(layout: ShareLayout) {
    this.#layout = layout
    this.#counted = new Bitfield(layout.pieceCount)
    this.#bytes = inlineBytes(layout)
  }

  /** Content bytes of the pieces in `have`, with those in the index. */
  done(have: Bitfield): number {
    if (have.isFull) return this.#layout.size
    const counted = this.#counted
    for (let i = have.nextNotIn(counted); i !== -1; i = have.nextNotIn(counted, i + 1)) {
      counted.set(i)
      this.#bytes += this.#layout.dataSize(pieceIndex(i))
    }
    if (counted.count === have.count) return this.#bytes
    for (let i = counted.nextNotIn(have); i !== -1; i = counted.nextNotIn(have, i + 1)) {
      counted.clear(i)
      this.#bytes -= this.#layout.dataSize(pieceIndex(i))
    }
    return this.#bytes
  }
}

/**
 * Copies among us and our peers: the rarest piece's count, plus the fraction of pieces that have
 * more (the "distributed copies" of BitTorrent clients).
 */
export function availability(pieces: number, maps: readonly Bitfield[]): number {
  if (pieces === 0) return maps.length
  const counts = new Uint32Array(pieces)
  for (const map of maps) for (const i of map.ones()) counts[i] = (counts[i] ?? 0) + 1
  const rarest = counts.reduce((least, n) => Math.min(least, n), Number.MAX_SAFE_INTEGER)
  let above = 0
  for (const n of counts) if (n > rarest) above++
  return rarest + above / pieces
}

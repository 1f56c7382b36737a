import { Bitfield, MINUTE, type PieceIndex, pieceIndex, SECOND } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import { Allowance } from '@p2pshare/engine'
import { WIRE_LIMITS } from '@p2pshare/wire'
import type { LinkPeer } from '../peers/link-peer.ts'
import type { NodeParts } from '../node-parts.ts'

/** Block queries to one peer at once and in a minute, over all shares. */
const QUERIES = 30
/** After this a peer that had nothing is asked again, for other pieces. */
const ASK_AGAIN = 60 * SECOND

/** What asking around needs of the share. */
export interface ForeignOwner {
  readonly cid: string
  readonly layout: ShareLayout
  readonly have: Bitfield
  onHolder(peer: LinkPeer, pieces: Bitfield): void
}

/** Queries left with each peer; for all shares of the node, since the peer bears them all. */
const allowances = new WeakMap<LinkPeer, Allowance>()

/**
 * Asks peers that are connected because of other shares which of our missing pieces they have:
 * first a sample, and where that hits, the rest of the same files.
 */
export class ForeignHolders {
  readonly #parts: NodeParts
  readonly #owner: ForeignOwner
  readonly #asked = new WeakMap<LinkPeer, number>()
  readonly #asking = new WeakSet<LinkPeer>()
  #stopped = false

  constructor(parts: NodeParts, owner: ForeignOwner) {
    this.#parts = parts
    this.#owner = owner
  }

  /** Asks those who were not asked lately; called when pieces begin and once a second. */
  tick(): void {
    const now = this.#parts.clock.now()
    for (const peer of this.#parts.links.all()) {
      if (this.#asking.has(peer) || peer.shares(this.#owner.cid)) continue
      const last = this.#asked.get(peer)
      if (last !== undefined && now - last < ASK_AGAIN) continue
      this.#asked.set(peer, now)
      this.#asking.add(peer)
      void this.#ask(peer).finally(() => this.#asking.delete(peer))
    }
  }

  stop(): void {
    this.#stopped = true
  }

  async #ask(peer: LinkPeer): Promise<void> {
    const asked = new Bitfield(this.#owner.layout.pieceCount)
    let pieces = this.#sample()
    while (pieces.length > 0 && this.#mayAsk(peer)) {
      for (const piece of pieces) asked.set(piece)
      const hits = await this.#query(peer, pieces)
      pieces = hits.length === 0 ? [] : this.#rest(hits, asked)
    }
  }

  #mayAsk(peer: LinkPeer): boolean {
    if (this.#stopped || peer.closed || peer.shares(this.#owner.cid)) return false
    const now = this.#parts.clock.now()
    const allowance = allowances.get(peer) ?? new Allowance(QUERIES, MINUTE, now)
    allowances.set(peer, allowance)
    return allowance.spend(1, now)
  }

  async #query(peer: LinkPeer, pieces: readonly PieceIndex[]): Promise<PieceIndex[]> {
    const { layout } = this.#owner
    const have = await peer.query(pieces.map((piece) => layout.digest(piece)))
    const hits = pieces.filter((_, i) => have?.has(i) === true)
    if (hits.length === 0 || this.#stopped || peer.shares(this.#owner.cid)) return []
    const held = new Bitfield(layout.pieceCount)
    for (const piece of hits) held.set(piece)
    this.#owner.onHolder(peer, held)
    return hits
  }

  /** Missing pieces from all over the share: files have their first pieces in common more often than not. */
  #sample(): PieceIndex[] {
    const { layout, have } = this.#owner
    const chosen = new Set<PieceIndex>()
    const { files } = layout
    const step = Math.max(1, Math.ceil((2 * files.length) / WIRE_LIMITS.digests))
    for (let i = this.#parts.rng.below(step); i < files.length; i += step) {
      const file = files.at(i)
      if (file !== undefined && file.pieceCount > 0 && !have.has(file.firstPiece)) chosen.add(file.firstPiece)
    }
    const missing = have.length - have.count
    for (let tries = 0; tries < 4 * WIRE_LIMITS.digests && chosen.size < WIRE_LIMITS.digests; tries++) {
      if (chosen.size >= missing) break
      const next = have.nextClear(this.#parts.rng.below(have.length))
      if (next !== -1) chosen.add(pieceIndex(next))
    }
    return [...chosen].slice(0, WIRE_LIMITS.digests)
  }

  /** More missing pieces of the files that were hit, not asked for yet. */
  #rest(hits: readonly PieceIndex[], asked: Bitfield): PieceIndex[] {
    const { layout, have } = this.#owner
    const rest: PieceIndex[] = []
    for (const index of new Set(hits.map((piece) => layout.fileOf(piece)))) {
      const file = layout.files.at(index)
      if (file === undefined) continue
      const end = file.firstPiece + file.pieceCount
      for (let at = asked.nextClear(file.firstPiece); at !== -1 && at < end; at = asked.nextClear(at + 1)) {
        if (rest.length >= WIRE_LIMITS.digests) return rest
        if (!have.has(at)) rest.push(pieceIndex(at))
      }
    }
    return rest
  }
}

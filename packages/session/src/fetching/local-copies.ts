import { type Bitfield, Bitfield as Bits, type PieceIndex, pieceIndex, millis } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { PieceStore } from '@p2pshare/ports'
import { equals } from 'uint8arrays/equals'
import type { NodeParts } from '../node-parts.ts'
import { Repeats } from './repeats.ts'

/** Pieces copied at once; each holds one block in memory. */
const AT_ONCE = 2
/** Pieces looked up in the catalogue in one go; between two goes other work has its turn. */
const LOOKED_UP = 512

/** What copies need of the share that they are for. */
export interface CopiesOwner {
  readonly cid: string
  readonly layout: ShareLayout
  readonly store: PieceStore
  /** These lie on this node (`true`), or could not be copied after all: whether not to fetch them. */
  onHere(pieces: readonly PieceIndex[], here: boolean): void
  /** The piece was verified and stored. */
  onCopied(piece: PieceIndex): void
}

/**
 * Copies pieces that lie on this node already, in another share or elsewhere in the same one,
 * instead of fetching them. What was read is verified like what comes from a peer.
 */
export class LocalCopies {
  readonly #parts: Pick<NodeParts, 'catalogue' | 'clock' | 'hasher' | 'localBlocks' | 'log'>
  readonly #owner: CopiesOwner
  /** Found and not yet copied, ascending in `#queue`. */
  readonly #pending: Bitfield
  readonly #queue: PieceIndex[] = []
  readonly #repeats: Repeats
  #running = 0
  #stopped = false

  constructor(parts: NodeParts, owner: CopiesOwner) {
    this.#parts = parts
    this.#owner = owner
    this.#pending = new Bits(owner.layout.pieceCount)
    this.#repeats = new Repeats(owner.layout)
  }

  /** Whether pieces are still to be copied. */
  get busy(): boolean {
    return this.#running > 0 || this.#queue.length > 0
  }

  /** Looks for every missing piece on this node; the first ones at once, so that they are not asked for. */
  start(): void {
    const others = this.#parts.catalogue.shares().some(({ cid }) => cid !== this.#owner.cid)
    if (others || !this.#owner.store.have.isEmpty) this.#lookFrom(0)
  }

  /** A piece is here now: the same block may be wanted in other places of the share, too. */
  stored(piece: PieceIndex): void {
    if (this.#stopped) return
    const same = this.#repeats.take(piece)
    if (same.length > 0) this.#take(same)
  }

  stop(): void {
    this.#stopped = true
    this.#queue.length = 0
  }

  #lookFrom(first: number): void {
    if (this.#stopped) return
    const { layout, store } = this.#owner
    const found: PieceIndex[] = []
    let looked = 0
    let at = store.have.nextClear(first)
    for (; at !== -1 && looked < LOOKED_UP; at = store.have.nextClear(at + 1), looked++) {
      const piece = pieceIndex(at)
      if (this.#parts.localBlocks.has(layout.digest(piece))) found.push(piece)
    }
    this.#take(found)
    const next = at
    if (next !== -1) this.#parts.clock.after(millis(1), () => this.#lookFrom(next))
  }

  #take(found: readonly PieceIndex[]): void {
    const fresh = found.filter((piece) => !this.#owner.store.have.has(piece) && this.#pending.set(piece))
    if (fresh.length === 0) return
    this.#owner.onHere(fresh, true)
    this.#queue.push(...fresh)
    while (this.#running < AT_ONCE && this.#queue.length > 0) void this.#work()
  }

  async #work(): Promise<void> {
    this.#running++
    for (let piece = this.#queue.shift(); piece !== undefined; piece = this.#queue.shift()) {
      const copied = await this.#copy(piece).catch((error: unknown) => {
        // The fetch meets the same disk, and says what is wrong with it.
        this.#parts.log.debug({ cid: this.#owner.cid, piece, error }, 'a piece could not be copied')
        return false
      })
      this.#pending.clear(piece)
      if (this.#stopped) break
      if (copied) this.#owner.onCopied(piece)
      else this.#owner.onHere([piece], false)
    }
    this.#running--
  }

  async #copy(piece: PieceIndex): Promise<boolean> {
    const { layout, store } = this.#owner
    const digest = layout.digest(piece)
    const lent = await this.#parts.localBlocks.read(digest)
    if (lent === undefined) return false
    try {
      const fits = lent.bytes.byteLength === layout.blockSize(piece)
      if (!fits || !equals(await this.#parts.hasher(lent.bytes), digest)) return false
      if (!this.#stopped && !store.have.has(piece)) await store.write(piece, lent.bytes)
    } finally {
      lent.giveBack?.()
    }
    return store.have.has(piece)
  }
}

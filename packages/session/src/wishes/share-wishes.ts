import { type Bitfield, type Millis, millis } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { PieceSequence } from '@p2pshare/engine'
import type { FileRange } from './file-range.ts'
import type { FileWish } from './file-wish.ts'
import type { NodeParts } from '../node-parts.ts'
import type { PieceStage } from '../fetching/piece-stage.ts'
import { ShareSelection } from './share-selection.ts'

/** The share that is wished about. */
export interface WishedShare {
  readonly cid: string
  /** Undefined before the index is known. */
  layout(): ShareLayout | undefined
  /** What fetches pieces, while it runs. */
  pieces(): PieceStage | undefined
  /** More may be wanted than before. */
  onMoreWanted(): void
}

/** What of a share is wanted, and in which order. */
export class ShareWishes {
  readonly selection: ShareSelection
  readonly #parts: Pick<NodeParts, 'clock'>
  readonly #share: WishedShare
  readonly #readers = new Set<() => void>()
  #afterReading: (() => void) | undefined

  constructor(parts: Pick<NodeParts, 'clock' | 'catalogue'>, share: WishedShare) {
    this.#parts = parts
    this.#share = share
    this.selection = new ShareSelection(parts.catalogue.values('selection'), share.cid)
  }

  /**
   * Takes a wish, from now on and over restarts; with `more`, what was wanted before stays wanted. It may be said before
   * the index is known, and before the share is started.
   * @throws ShareError as `chooseFiles`, when the index is known; nothing has changed then
   */
  async wish(wish: FileWish, more = false): Promise<void> {
    await this.selection.wish(this.#share.layout(), wish, more)
    this.#changed()
  }

  /** Wants nothing but what readers want, which {@link want} adds, of a share whose index is not known yet. */
  chooseNothing(): void {
    this.selection.chooseNothing()
    this.#changed()
  }

  /** The layout, which has just become known: what was wished before is settled. @throws ShareError as `chooseFiles` */
  async settled(layout: ShareLayout): Promise<ShareLayout> {
    await this.selection.settle(layout)
    return layout
  }

  /** Whether something that is wanted is not in `have`. */
  lacks(have: Bitfield | undefined): boolean {
    const layout = this.#share.layout()
    if (layout === undefined || have === undefined) return true
    const { pieces, here } = this.selection.progress(layout, have)
    return here < pieces
  }

  /** Whether a file (index in the layout's `files`) is wanted. */
  wants(file: number): boolean {
    return this.selection.wants(file)
  }

  /** The files that are wanted; none before the index is known. */
  files(): number[] {
    return [...(this.#share.layout()?.files.keys() ?? [])].filter((file) => this.wants(file))
  }

  /** Content bytes that are still to be written, where `left` are not here. */
  toCome(left: number, have: Bitfield | undefined): number {
    const layout = this.#share.layout()
    if (layout === undefined || have === undefined || this.selection.isWhole) return left
    const { size, done } = this.selection.progress(layout, have)
    return size - done
  }

  #changed(): void {
    this.#share.onMoreWanted()
    this.#share.pieces()?.prioritise()
  }

  /** In which order pieces are fetched, from now on and over restarts. */
  setOrder(order: PieceSequence): void {
    this.selection.setOrder(order)
    this.#share.pieces()?.post({ kind: 'order', order })
  }

  /**
   * Somebody reads the share from now on, until the answer is called.
   * @param onPiece - called after each piece that comes
   */
  read(onPiece: () => void): () => void {
    const reader = (): void => onPiece()
    this.#readers.add(reader)
    return () => {
      if (!this.#readers.delete(reader) || this.#readers.size > 0) return
      this.#afterReading?.()
      this.#afterReading = undefined
    }
  }

  /** A piece is on disk. */
  pieceCame(): void {
    for (const reader of [...this.#readers]) reader()
  }

  /** Runs this once nobody reads: what is wanted is here, but a reader will want more. */
  onceUnread(run: () => void): void {
    if (this.#readers.size === 0) run()
    else this.#afterReading = run
  }

  /**
   * A reader needs each part of a file within its `dueIn`; nothing when no pieces are being fetched. Of two that share
   * a piece the last one counts.
   */
  want(parts: readonly { range: FileRange; dueIn: Millis }[]): void {
    const now = this.#parts.clock.now()
    this.#share.pieces()?.want(parts.map(({ range, dueIn }) => ({ range, due: millis(now + dueIn) })))
  }

  /** The reader needs it no more; it is wanted as it was before. */
  unwant(range: FileRange): void {
    this.#share.pieces()?.unwant(range)
  }
}

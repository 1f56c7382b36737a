import { type Millis, type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { SwarmEvent, SwarmSnapshot } from '@p2pshare/engine'
import { ForeignHolders, type ForeignOwner } from './foreign-holders.ts'
import { LocalCopies } from './local-copies.ts'
import type { NodeParts } from './node-parts.ts'
import { PieceLoop, type PieceLoopOwner } from './piece-loop.ts'
import { type FileRange, piecesOf, type ShareSelection } from './share-selection.ts'

/** What the stage tells the share. */
export interface PieceStageOwner extends Omit<PieceLoopOwner, 'onStored' | 'onSelected'> {
  readonly onHolder: ForeignOwner['onHolder']
  /** All that is wanted is here, but not all there is. */
  onSelected(): void
}

/**
 * Everything that brings pieces of a share while it is fetched: its swarm, copies of what lies on
 * this node, and peers of other shares.
 */
export class PieceStage {
  readonly loop: PieceLoop
  readonly #owner: PieceStageOwner
  readonly #selection: ShareSelection
  readonly #copies: LocalCopies
  readonly #holders: ForeignHolders

  constructor(parts: NodeParts, owner: PieceStageOwner, selection: ShareSelection) {
    const { cid, layout, store } = owner
    this.#owner = owner
    this.#selection = selection
    this.loop = new PieceLoop(parts, {
      ...owner,
      onStored: (piece) => this.#copies.stored(piece),
      onSelected: () => {
        // What is being copied is not fetched, but it is still to come.
        if (!this.#copies.busy) owner.onSelected()
      }
    })
    this.#copies = new LocalCopies(parts, {
      cid,
      layout,
      store,
      onHere: (pieces, here) => this.#onHere(pieces, here),
      onCopied: (piece) => {
        this.post({ kind: 'piece-here', piece })
        this.#copies.stored(piece)
      }
    })
    this.#holders = new ForeignHolders(parts, { cid, layout, have: store.have, onHolder: owner.onHolder })
  }

  /** Wishes and copies first, so that nothing is asked for that need not be. */
  start(): void {
    this.prioritise()
    this.post({ kind: 'order', order: this.#selection.order })
    this.#copies.start()
  }

  post(event: SwarmEvent): void {
    this.loop.post(event)
  }

  snapshot(): SwarmSnapshot {
    return this.loop.snapshot()
  }

  /** Once a second: peers that came for other shares are asked what they have of this one. */
  tick(): void {
    this.#holders.tick()
  }

  /** Tells the swarm the selection anew. */
  prioritise(): void {
    this.post({ kind: 'priorities', ranges: this.#selection.ranges(this.#owner.layout) })
  }

  /** A reader needs a part of a file by then (the session's clock). */
  want(range: FileRange, due: Millis): void {
    const pieces = piecesOf(this.#owner.layout, range)
    if (pieces !== undefined) this.post({ kind: 'deadline', pieces, due })
  }

  /** The reader needs it no more. */
  unwant(range: FileRange): void {
    const pieces = piecesOf(this.#owner.layout, range)
    if (pieces !== undefined) this.post({ kind: 'deadline-withdrawn', pieces })
  }

  stop(): void {
    this.#copies.stop()
    this.#holders.stop()
    this.loop.stop()
  }

  /** What is here is not fetched; what could not be copied is, as much as its file is wanted. */
  #onHere(pieces: readonly PieceIndex[], here: boolean): void {
    const { layout } = this.#owner
    const ranges = pieces.map((piece) => ({
      start: pieceIndex(piece),
      count: 1,
      priority: here ? (0 as const) : this.#selection.of(layout, piece)
    }))
    this.post({ kind: 'priorities', ranges })
  }
}

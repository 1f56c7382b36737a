import { type Millis, type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { SwarmEvent, SwarmSnapshot } from '@p2pshare/engine'
import { ForeignHolders, type ForeignOwner } from './foreign-holders.ts'
import { LocalCopies } from './local-copies.ts'
import { inTurns } from '../in-turns.ts'
import type { NodeParts } from '../node-parts.ts'
import { PieceLoop, type PieceLoopOwner } from './piece-loop.ts'
import { type FileRange, piecesOf } from '../wishes/file-range.ts'
import { priorityParts } from '../wishes/priority-parts.ts'
import type { ShareSelection } from '../wishes/share-selection.ts'

/** What the stage tells the share. */
export interface PieceStageOwner extends Omit<PieceLoopOwner, 'onStored' | 'onSelected'> {
  readonly onHolder: ForeignOwner['onHolder']
  /** These files are here, and others that are wanted are not; told within a second. Only while not all is wanted. */
  onFiles(files: readonly number[]): void
  /** A piece is on disk. */
  onPiece(): void
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
  /** Files whose last piece has come, of which nobody was told. */
  readonly #arrived = new Set<number>()
  #isWhole = true

  /** Counts how often the selection was told. */
  #telling = 0

  constructor(parts: NodeParts, owner: PieceStageOwner, selection: ShareSelection) {
    const { cid, layout, store } = owner
    this.#owner = owner
    this.#selection = selection
    this.loop = new PieceLoop(parts, {
      ...owner,
      onStored: (piece) => this.#stored(piece),
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
        this.#stored(piece)
      }
    })
    this.#holders = new ForeignHolders(parts, { cid, layout, have: store.have, onHolder: owner.onHolder })
  }

  /** Wishes and copies first, so that nothing is asked for that need not be. */
  start(): void {
    this.#isWhole = this.#selection.isWhole
    this.post({ kind: 'priorities', ranges: this.#selection.ranges(this.#owner.layout) })
    this.post({ kind: 'order', order: this.#selection.order })
    this.#copies.start()
  }

  post(...events: SwarmEvent[]): void {
    this.loop.post(...events)
  }

  snapshot(): SwarmSnapshot {
    return this.loop.snapshot()
  }

  /** Once a second: peers that came for other shares are asked what they have of this one; what is here is told. */
  tick(): void {
    this.#holders.tick()
    if (this.#arrived.size === 0) return
    const files = [...this.#arrived]
    this.#arrived.clear()
    this.#owner.onFiles(files)
  }

  /** Tells the swarm the selection anew: of very many pieces in parts, between which others have their turn. */
  prioritise(): void {
    this.#isWhole = this.#selection.isWhole
    this.#telling++
    void inTurns(this.#tell(this.#telling))
  }

  *#tell(telling: number): Generator<void, void> {
    for (const ranges of priorityParts(this.#selection.ranges(this.#owner.layout))) {
      // Told anew meanwhile, or stopped.
      if (telling !== this.#telling) return
      this.post({ kind: 'priorities', ranges })
      yield
    }
  }

  /**
   * A reader needs parts of a file by then (the session's clock); of two that share a piece the last one counts. Told
   * all at once: a swarm that has nothing else to do asks for whatever it hears of first.
   */
  want(parts: readonly { range: FileRange; due: Millis }[]): void {
    const events = parts.flatMap(({ range, due }): SwarmEvent[] => {
      const pieces = piecesOf(this.#owner.layout, range)
      return pieces === undefined ? [] : [{ kind: 'deadline', pieces, due }]
    })
    if (events.length > 0) this.post(...events)
  }

  /**
   * The reader needs it no more: what is wanted for nobody else is not fetched. Another reader of the same pieces tells
   * its wishes again within a second.
   */
  unwant(range: FileRange): void {
    const { layout } = this.#owner
    const pieces = piecesOf(layout, range)
    if (pieces === undefined) return
    const events: SwarmEvent[] = [{ kind: 'deadline-withdrawn', pieces }]
    // All pieces of a range are of one file.
    const priority = this.#selection.of(layout, pieces.start)
    if (priority === 0) events.push({ kind: 'priorities', ranges: [{ ...pieces, priority }] })
    this.post(...events)
  }

  stop(): void {
    this.#telling++
    this.#copies.stop()
    this.#holders.stop()
    this.loop.stop()
  }

  #stored(piece: PieceIndex): void {
    this.#owner.onPiece()
    this.#copies.stored(piece)
    if (this.#isWhole) return
    const { layout, store } = this.#owner
    const file = layout.fileOf(piece)
    const entry = layout.files.at(file)
    if (entry === undefined || !this.#selection.wants(file)) return
    const gap = store.have.nextClear(entry.firstPiece)
    if (gap === -1 || gap >= entry.firstPiece + entry.pieceCount) this.#arrived.add(file)
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

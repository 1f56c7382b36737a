import { type Bitfield, type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { PieceSequence, PriorityRange } from '@p2pshare/engine'
import type { KeyValueStore } from '@p2pshare/ports'
import {
  checkWish,
  type FilePriority,
  type FileWish,
  isWish,
  joinWishes,
  LEVELS,
  NORMAL,
  SKIP,
  type SettledWish,
  settleWish,
  UNSAID
} from './file-wish.ts'
import { inTurns } from '../in-turns.ts'
import { packLevels, unpackLevels } from './packed-levels.ts'

interface Stored {
  /** Number of files, and how much each is wanted (packed-levels.ts); left out: all are, normally. */
  files?: number
  levels?: string
  order: PieceSequence
  /** What was wished, until the index says which files these are. */
  wish?: FileWish
}

/** What the user wants of a share, and in which order; kept in the catalogue. */
export class ShareSelection {
  readonly #values: KeyValueStore
  readonly #cid: string
  /** How much each file is wanted, as the engine's number; undefined: all are, normally. */
  #levels: Uint8Array | undefined
  #wish: FileWish | undefined
  #order: PieceSequence = 'rarest'

  constructor(values: KeyValueStore, cid: string) {
    this.#values = values
    this.#cid = cid
    this.#load()
  }

  get order(): PieceSequence {
    return this.#order
  }

  setOrder(order: PieceSequence): void {
    this.#order = order
    this.#save()
  }

  /** Whether all files are wanted. */
  get isWhole(): boolean {
    return this.#wish === undefined && this.#levels?.includes(SKIP) !== true
  }

  /**
   * Takes a wish; with `more`, what was wanted before stays wanted. Before the index is known, the wish is kept until it
   * is. One that means no file changes nothing. A wish about very many files lets others run meanwhile.
   * @throws ShareError as `chooseFiles`
   */
  async wish(layout: ShareLayout | undefined, wish: FileWish, more: boolean): Promise<void> {
    if (layout === undefined) {
      checkWish(wish)
      this.#wish = joinWishes(this.#wish, wish, more)
      return this.#save()
    }
    // Priorities alone do not take the place of a choice that is still to be settled.
    const isBeside = wish.choice === undefined && this.#wish !== undefined
    const whole = isBeside ? joinWishes(this.#wish, wish, more) : wish
    this.#settle(layout, await inTurns(settleWish(layout, whole)), more)
  }

  /** Wants no file of a share whose index is not known yet. */
  chooseNothing(): void {
    this.#wish = { choice: 'none' }
    this.#save()
  }

  /**
   * The index is known: what was wished before is settled.
   * @throws ShareError as `chooseFiles`; the wish stays, so that another can take its place
   */
  async settle(layout: ShareLayout): Promise<void> {
    // Another one may take its place meanwhile.
    for (let wish = this.#wish; wish !== undefined; ) {
      const settled = await inTurns(settleWish(layout, wish))
      if (wish === this.#wish) this.#settle(layout, settled, false)
      wish = this.#wish
    }
  }

  #settle(layout: ShareLayout, { chosen, levels: said }: SettledWish, more: boolean): void {
    // A wish that could not be settled, since it means no file, wanted nothing.
    const keeps = more && this.#wish === undefined
    this.#wish = undefined
    const levels = new Uint8Array(layout.files.length)
    for (let file = 0; file < levels.length; file++) {
      const level = this.#level(file)
      const given = said[file] ?? UNSAID
      if (given !== UNSAID) levels[file] = given
      else if (chosen === undefined || (keeps && chosen[file] === 0)) levels[file] = level
      else if (chosen[file] === 1) levels[file] = level === SKIP ? NORMAL : level
    }
    this.#levels = levels.every((level) => level === NORMAL) ? undefined : levels
    this.#save()
  }

  /** Whether a file is wanted at all, once a choice is settled. */
  wants(file: number): boolean {
    return this.#level(file) !== SKIP
  }

  /** Files that are wanted, and their content bytes. Cost: O(files), unless all are wanted. */
  wanted(layout: ShareLayout): { files: number; size: number } {
    if (this.isWhole) return { files: layout.files.length, size: layout.size }
    const sum = { files: 0, size: 0 }
    for (const [file, { size }] of layout.files.entries()) {
      if (this.#level(file) === SKIP) continue
      sum.files++
      sum.size += size
    }
    return sum
  }

  /** Wanted pieces and their content bytes, and how many of them are in `have`. Cost: O(pieces). */
  progress(
    layout: ShareLayout,
    have: Bitfield
  ): { pieces: number; here: number; size: number; done: number } {
    const sum = { pieces: 0, here: 0, size: 0, done: 0 }
    for (let i = 0; i < layout.pieceCount; i++) {
      const piece = pieceIndex(i)
      if (this.of(layout, piece) === SKIP) continue
      const size = layout.dataSize(piece)
      sum.pieces++
      sum.size += size
      if (!have.has(piece)) continue
      sum.here++
      sum.done += size
    }
    return sum
  }

  /** How much a file is wanted. */
  priority(file: number): FilePriority {
    return LEVELS[this.#level(file)] ?? 'normal'
  }

  /** The priority of all pieces, for the engine; files in a row that are wanted as much are one range. */
  ranges(layout: ShareLayout): PriorityRange[] {
    const { files, pieceCount } = layout
    const ranges: PriorityRange[] = []
    let start = 0
    for (let file = 0; file < files.length; ) {
      const level = this.#level(file)
      while (file < files.length && this.#level(file) === level) file++
      const end = files.at(file)?.firstPiece ?? pieceCount
      const last = ranges.at(-1)
      // Files without pieces may lie between.
      if (last?.priority === level) ranges[ranges.length - 1] = { ...last, count: end - last.start }
      else if (end > start)
        ranges.push({ start: pieceIndex(start), count: end - start, priority: level as never })
      start = end
    }
    return ranges
  }

  of(layout: ShareLayout, piece: PieceIndex): PriorityRange['priority'] {
    return this.#level(layout.fileOf(piece)) as PriorityRange['priority']
  }

  /** The share is gone. */
  forget(): void {
    this.#values.delete(this.#cid)
  }

  #level(file: number): number {
    return this.#levels?.[file] ?? NORMAL
  }

  #save(): void {
    if (this.#levels === undefined && this.#wish === undefined && this.#order === 'rarest')
      return this.forget()
    const levels = this.#levels
    const stored: Stored = {
      ...(levels === undefined ? {} : { files: levels.length, levels: packLevels(levels) }),
      order: this.#order,
      ...(this.#wish === undefined ? {} : { wish: this.#wish })
    }
    this.#values.put(this.#cid, new TextEncoder().encode(JSON.stringify(stored)))
  }

  /** A value that can't be read counts as none: all is wanted. */
  #load(): void {
    const bytes = this.#values.get(this.#cid)
    if (bytes === undefined) return
    try {
      const stored = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Stored>
      if (stored.levels !== undefined) this.#levels = unpackLevels(stored.levels, stored.files ?? 0)
      if (isWish(stored.wish)) this.#wish = stored.wish
      if (stored.order === 'sequential') this.#order = 'sequential'
    } catch {
      this.#levels = undefined
    }
  }
}

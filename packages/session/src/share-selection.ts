import { type Bitfield, type PieceIndex, pieceIndex } from '@p2pshare/base'
import { checkChoice, type FileChoice, chosenFiles, joinChoices, type ShareLayout } from '@p2pshare/content'
import type { PieceSequence, PriorityRange } from '@p2pshare/engine'
import type { KeyValueStore } from '@p2pshare/ports'

/** How much a file is wanted. */
export type FilePriority = 'skip' | 'low' | 'normal' | 'high'

/** In the order of the engine's numbers. */
const LEVELS: readonly FilePriority[] = ['skip', 'low', 'normal', 'high']
const SKIP = 0
const NORMAL = 2

/** A part of one file. */
export interface FileRange {
  /** Index in the layout's `files`. */
  file: number
  /** In bytes of the file. */
  offset: number
  length: number
}

interface Stored {
  /** File index and level of each file that is wanted otherwise than the rest. */
  files: [number, number][]
  /** Level of all other files; left out: normal. */
  rest?: number
  order: PieceSequence
  /** Which files are wanted, until the index says which these are. */
  choice?: FileChoice
}

/** What the user wants of a share, and in which order; kept in the catalogue. */
export class ShareSelection {
  readonly #values: KeyValueStore
  readonly #cid: string
  readonly #files = new Map<number, number>()
  #rest = NORMAL
  #choice: FileChoice | undefined
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
    if (this.#choice !== undefined || this.#rest === SKIP) return false
    for (const level of this.#files.values()) if (level === SKIP) return false
    return true
  }

  /**
   * Wants the chosen files and no others; with `more`, them and what was wanted before. Before the index is known, the
   * choice is kept until it is. A choice that means no file changes nothing.
   * @throws ShareError as `chosenFiles`
   */
  choose(layout: ShareLayout | undefined, choice: FileChoice, more: boolean): void {
    if (layout === undefined) {
      checkChoice(choice)
      // All is wanted already.
      if (more && this.#choice === undefined) return
      this.#choice = more && this.#choice !== undefined ? joinChoices(this.#choice, choice) : choice
      return this.#save()
    }
    const chosen = new Set(chosenFiles(layout, choice))
    // A choice that could not be settled, since it means no file, wanted nothing.
    const keeps = more && this.#choice === undefined
    this.#choice = undefined
    const levelOf = (file: number): number => {
      const level = this.#level(file)
      if (!chosen.has(file)) return keeps ? level : SKIP
      return level === SKIP ? NORMAL : level
    }
    this.#setLevels(Array.from(layout.files.keys(), levelOf))
  }

  /** Wants no file. */
  chooseNothing(): void {
    this.#choice = undefined
    this.#rest = SKIP
    this.#files.clear()
    this.#save()
  }

  /** Wants all files again, each as much as it was; what was skipped, normally. */
  chooseAll(): void {
    this.#choice = undefined
    if (this.#rest === SKIP) this.#rest = NORMAL
    for (const [file, level] of this.#files)
      if (level === SKIP || level === this.#rest) this.#files.delete(file)
    this.#save()
  }

  /**
   * The index is known: a choice that was made before is settled.
   * @throws ShareError as `chosenFiles`; the choice stays, so that another can take its place
   */
  settle(layout: ShareLayout): void {
    const choice = this.#choice
    if (choice === undefined) return
    const chosen = new Set(chosenFiles(layout, choice))
    this.#choice = undefined
    this.#setLevels(Array.from(layout.files.keys(), (file) => (chosen.has(file) ? NORMAL : SKIP)))
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
    for (const { start, count, priority } of this.ranges(layout)) {
      if (priority === SKIP) continue
      for (let i = start as number; i < start + count; i++) {
        const size = layout.dataSize(pieceIndex(i))
        sum.pieces++
        sum.size += size
        if (!have.has(pieceIndex(i))) continue
        sum.here++
        sum.done += size
      }
    }
    return sum
  }

  /** Files that the layout does not have are left out. */
  prioritise(layout: ShareLayout, files: Iterable<number>, priority: FilePriority): void {
    const level = LEVELS.indexOf(priority)
    for (const file of files) {
      if (layout.files.at(file) === undefined) continue
      if (level === this.#rest) this.#files.delete(file)
      else this.#files.set(file, level)
    }
    this.#save()
  }

  /** The priority of all pieces, for the engine; files in a row that are wanted as much are one range. */
  ranges(layout: ShareLayout): PriorityRange[] {
    const chosen = [...this.#files.keys()]
      .filter((file) => file >= 0 && file < layout.files.length)
      .sort((a, b) => a - b)
    const ranges: PriorityRange[] = []
    const add = (start: number, end: number, level: number): void => {
      const last = ranges.at(-1)
      if (start === end) return
      if (last?.priority === level) ranges[ranges.length - 1] = { ...last, count: last.count + end - start }
      else ranges.push({ start: pieceIndex(start), count: end - start, priority: level as never })
    }
    let at = 0
    for (const file of chosen) {
      const entry = layout.files.at(file)
      if (entry === undefined) continue
      add(at, entry.firstPiece, this.#rest)
      at = entry.firstPiece + entry.pieceCount
      add(entry.firstPiece, at, this.#level(file))
    }
    add(at, layout.pieceCount, this.#rest)
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
    return this.#files.get(file) ?? this.#rest
  }

  /** Takes the level of every file; most of a large share are alike, and these are not named one by one. */
  #setLevels(levels: readonly number[]): void {
    const skipped = levels.filter((level) => level === SKIP).length
    this.#rest = skipped * 2 > levels.length ? SKIP : NORMAL
    this.#files.clear()
    for (const [file, level] of levels.entries()) if (level !== this.#rest) this.#files.set(file, level)
    this.#save()
  }

  #save(): void {
    const isUsual = this.#files.size === 0 && this.#rest === NORMAL && this.#choice === undefined
    if (isUsual && this.#order === 'rarest') return this.forget()
    const stored: Stored = {
      files: [...this.#files],
      ...(this.#rest === NORMAL ? {} : { rest: this.#rest }),
      order: this.#order,
      ...(this.#choice === undefined ? {} : { choice: this.#choice })
    }
    this.#values.put(this.#cid, new TextEncoder().encode(JSON.stringify(stored)))
  }

  /** A value that can't be read counts as none: all is wanted. */
  #load(): void {
    const bytes = this.#values.get(this.#cid)
    if (bytes === undefined) return
    try {
      const stored = JSON.parse(new TextDecoder().decode(bytes)) as Partial<Stored>
      for (const [file, level] of stored.files ?? [])
        if (Number.isSafeInteger(file) && LEVELS[level] !== undefined) this.#files.set(file, level)
      if (stored.rest !== undefined && LEVELS[stored.rest] !== undefined) this.#rest = stored.rest
      if (isChoice(stored.choice)) this.#choice = stored.choice
      if (stored.order === 'sequential') this.#order = 'sequential'
    } catch {
      this.#files.clear()
    }
  }
}

/** Whether a stored value has the form of a choice. */
function isChoice(value: Partial<FileChoice> | undefined): value is FileChoice {
  const isText = (one: unknown): boolean => typeof one === 'string'
  return (
    value?.paths?.every(isText) === true &&
    value.globs?.every(isText) === true &&
    value.numbers?.every((range) => range.every(Number.isSafeInteger)) === true
  )
}

/** Pieces that a part of a file lies in; undefined when it lies in none. Cost: O(log pieces of the file). */
export function piecesOf(
  layout: ShareLayout,
  { file, offset, length }: FileRange
): { start: PieceIndex; count: number } | undefined {
  const entry = layout.files.at(file)
  if (entry === undefined || entry.pieceCount === 0 || length <= 0 || offset >= entry.size) return undefined
  const start = pieceAt(layout, entry, Math.max(0, offset))
  const end = pieceAt(layout, entry, Math.max(0, Math.min(offset + length, entry.size) - 1))
  return { start, count: end - start + 1 }
}

/** The last piece of the file that begins at or before the offset. */
function pieceAt(
  layout: ShareLayout,
  { firstPiece, pieceCount }: { firstPiece: PieceIndex; pieceCount: number },
  offset: number
): PieceIndex {
  let low = 0
  let high = pieceCount - 1
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (layout.fileOffset((firstPiece + middle) as PieceIndex) <= offset) low = middle
    else high = middle - 1
  }
  return (firstPiece + low) as PieceIndex
}

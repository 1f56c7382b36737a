import { type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { PieceSequence, PriorityRange } from '@p2pshare/engine'
import type { KeyValueStore } from '@p2pshare/ports'

/** How much a file is wanted. */
export type FilePriority = 'skip' | 'low' | 'normal' | 'high'

/** In the order of the engine's numbers. */
const LEVELS: readonly FilePriority[] = ['skip', 'low', 'normal', 'high']
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
  /** File index and level of each file that is not wanted normally. */
  files: [number, number][]
  order: PieceSequence
}

/** What the user wants of a share, and in which order; kept in the catalogue. */
export class ShareSelection {
  readonly #values: KeyValueStore
  readonly #cid: string
  readonly #files = new Map<number, number>()
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

  /** Files that the layout does not have are left out. */
  prioritise(layout: ShareLayout, files: Iterable<number>, priority: FilePriority): void {
    const level = LEVELS.indexOf(priority)
    for (const file of files) {
      if (layout.files.at(file) === undefined) continue
      if (level === NORMAL) this.#files.delete(file)
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
      add(at, entry.firstPiece, NORMAL)
      at = entry.firstPiece + entry.pieceCount
      add(entry.firstPiece, at, this.#files.get(file) ?? NORMAL)
    }
    add(at, layout.pieceCount, NORMAL)
    return ranges
  }

  of(layout: ShareLayout, piece: PieceIndex): PriorityRange['priority'] {
    return (this.#files.get(layout.fileOf(piece)) ?? NORMAL) as PriorityRange['priority']
  }

  /** The share is gone. */
  forget(): void {
    this.#values.delete(this.#cid)
  }

  #save(): void {
    if (this.#files.size === 0 && this.#order === 'rarest') return this.forget()
    const stored: Stored = { files: [...this.#files], order: this.#order }
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
      if (stored.order === 'sequential') this.#order = 'sequential'
    } catch {
      this.#files.clear()
    }
  }
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

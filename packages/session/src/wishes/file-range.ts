import type { PieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'

/** A part of one file. */
export interface FileRange {
  /** Index in the layout's `files`. */
  file: number
  /** In bytes of the file. */
  offset: number
  length: number
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

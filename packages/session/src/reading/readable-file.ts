import { bytes, invariant, type PieceIndex, pieceIndex } from '@p2pshare/base'
import {
  contentError,
  type InlineExtent,
  isContentFault,
  PIECE_SIZE,
  PLAIN_PER_BLOCK,
  type ShareLayout,
  unwrapLeaf,
  wrongKey
} from '@p2pshare/content'
import type { LentBytes } from '../serving/block-cache.ts'
import type { PieceRange } from '../peers/participant.ts'
import { type FileRange, piecesOf } from '../wishes/file-range.ts'
import type { BlockOpener } from '@p2pshare/ports'

/** Reads from the disk what is there. */
export type ReadPiece = (range: PieceRange) => Promise<LentBytes>

/** The bytes of one file, and in which pieces of the share they come. */
export interface ReadableFile {
  readonly size: number
  /** Where in the share's layout a part of the file lies: what is to be wanted for it. */
  place(offset: number, length: number): FileRange
  /**
   * What comes next at the offset, of one piece at most.
   * @param offset - 0 … size − 1
   */
  partAt(offset: number): FilePart
}

/** Bytes that follow each other in a file. */
export interface FilePart {
  readonly length: number
  /** The piece that must be here before it can be read; undefined when the index has the bytes. */
  readonly piece: PieceIndex | undefined
  /**
   * @param length - of the beginning of the part that is wanted
   */
  read(readPiece: ReadPiece, length: number): Promise<LentBytes>
}

/** A file of a share as its layout has it. */
export function layoutFile(layout: ShareLayout, file: number): ReadableFile {
  const entry = layout.files.at(file)
  invariant(entry !== undefined, `file ${file} of ${layout.files.length}`)
  const { size, inline } = entry
  return {
    size,
    place: (offset, length) => ({ file, offset, length }),
    partAt(offset) {
      const known = extentAt(inline, offset)
      if (known !== undefined) return inlinePart(known.data.subarray(offset - known.offset))
      const piece = piecesOf(layout, { file, offset, length: 1 })?.start
      const skip = piece === undefined ? 0 : offset - layout.fileOffset(piece)
      const length = piece === undefined ? 0 : layout.dataSize(piece) - skip
      invariant(piece !== undefined && length > 0, `no piece has byte ${offset} of the file`)
      return {
        length,
        piece,
        read: (readPiece, n) => readData(layout, readPiece, { piece, skip, length: n })
      }
    }
  }
}

/** Extents lie in the order of their offsets and may be many. */
function extentAt(extents: readonly InlineExtent[], offset: number): InlineExtent | undefined {
  let low = 0
  let high = extents.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((extents[middle]?.offset ?? 0) <= offset) low = middle + 1
    else high = middle
  }
  const before = extents[low - 1]
  return before !== undefined && offset < before.offset + before.data.byteLength ? before : undefined
}

function inlinePart(data: Uint8Array): FilePart {
  return {
    length: data.byteLength,
    piece: undefined,
    read: async (_, length) => owned(data.slice(0, length))
  }
}

async function readData(
  layout: ShareLayout,
  readPiece: ReadPiece,
  { piece, skip, length }: { piece: PieceIndex; skip: number; length: number }
): Promise<LentBytes> {
  if (!layout.isWrapped(piece)) return readPiece({ piece, offset: bytes(skip), length: bytes(length) })
  const lent = await readPiece({ piece, offset: bytes(0), length: layout.blockSize(piece) })
  const leaf = unwrapLeaf(lent.bytes, layout.dataSize(piece))
  if (isContentFault(leaf)) throw contentError(leaf)
  return { bytes: leaf.data.subarray(skip, skip + length), giveBack: () => lent.giveBack() }
}

/** Bytes that are nobody else's. */
function owned(data: Uint8Array): LentBytes {
  return { bytes: data, giveBack() {} }
}

/**
 * All plain bytes of a private share, manifest included, as one file.
 * @throws ShareError in `read`: `content.wrong-key`
 */
export function sealedBytes(layout: ShareLayout, open: BlockOpener): ReadableFile {
  return {
    size: layout.pieceCount * PLAIN_PER_BLOCK,
    place(offset, length) {
      const first = Math.floor(offset / PLAIN_PER_BLOCK)
      const last = Math.floor((offset + Math.max(1, length) - 1) / PLAIN_PER_BLOCK)
      return { file: 0, offset: first * PIECE_SIZE, length: (last - first + 1) * PIECE_SIZE }
    },
    partAt(offset) {
      const piece = pieceIndex(Math.floor(offset / PLAIN_PER_BLOCK))
      const skip = offset % PLAIN_PER_BLOCK
      return {
        length: PLAIN_PER_BLOCK - skip,
        piece,
        async read(readPiece, length) {
          const lent = await readPiece({ piece, offset: bytes(0), length: layout.blockSize(piece) })
          // Others see the lent bytes, and a block is opened in place.
          const plain = open(piece, lent.bytes.slice())
          lent.giveBack()
          if (plain === undefined) throw wrongKey()
          return owned(plain.subarray(skip, skip + length))
        }
      }
    }
  }
}

/** A stretch of another file. */
export function partOfFile(whole: ReadableFile, start: number, size: number): ReadableFile {
  return {
    size,
    place: (offset, length) => whole.place(start + offset, length),
    partAt(offset) {
      const part = whole.partAt(start + offset)
      return { ...part, length: Math.min(part.length, size - offset) }
    }
  }
}

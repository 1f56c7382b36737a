import { type Bytes, bytes, type PieceIndex } from '@p2pshare/base'
import type { CID } from 'multiformats/cid'
import type { EntryList } from './entry-list.ts'
import type { PieceTable } from './piece-table.ts'
import type { FileEntry, FolderEntry, IndexBlock, ShareLayout, SkippedEntry } from './share-layout.ts'

/** What a layout consists of. */
export interface LayoutParts {
  readonly root: CID
  readonly kind: 'file' | 'folder'
  readonly files: EntryList<FileEntry>
  readonly folders: EntryList<FolderEntry>
  readonly skipped: EntryList<SkippedEntry>
  readonly indexBlocks: readonly IndexBlock[]
  readonly pieces: PieceTable
}

/**
 * The layout without its index blocks (up to 64 MiB), for whoever has them in a catalogue.
 * @returns the same layout when it is of another make
 */
export function withoutIndex(layout: ShareLayout): ShareLayout {
  return layout instanceof TableLayout ? layout.withoutIndex() : layout
}

/** The layout over a full piece table. */
export class TableLayout implements ShareLayout {
  readonly root: CID
  readonly kind: 'file' | 'folder'
  readonly size: Bytes
  readonly pieceCount: number
  readonly files: EntryList<FileEntry>
  readonly folders: EntryList<FolderEntry>
  readonly skipped: EntryList<SkippedEntry>
  readonly indexBlocks: readonly IndexBlock[]
  readonly #pieces: PieceTable

  constructor(parts: LayoutParts) {
    this.root = parts.root
    this.kind = parts.kind
    this.files = parts.files
    this.folders = parts.folders
    this.skipped = parts.skipped
    this.indexBlocks = parts.indexBlocks
    this.#pieces = parts.pieces
    this.pieceCount = parts.pieces.count
    let size = 0
    for (const file of parts.files) size += file.size
    this.size = bytes(size)
  }

  withoutIndex(): TableLayout {
    const { root, kind, files, folders, skipped } = this
    return new TableLayout({ root, kind, files, folders, skipped, indexBlocks: [], pieces: this.#pieces })
  }

  digest(piece: PieceIndex): Uint8Array {
    return this.#pieces.digest(piece)
  }

  blockSize(piece: PieceIndex): Bytes {
    return this.#pieces.blockSize(piece)
  }

  dataSize(piece: PieceIndex): Bytes {
    return this.#pieces.dataSize(piece)
  }

  fileOf(piece: PieceIndex): number {
    return this.#pieces.fileOf(piece)
  }

  fileOffset(piece: PieceIndex): Bytes {
    return this.#pieces.fileOffset(piece)
  }

  /** A wrapped leaf always has at least one byte around its data, a raw one none. */
  isWrapped(piece: PieceIndex): boolean {
    return this.#pieces.blockSize(piece) !== this.#pieces.dataSize(piece)
  }
}

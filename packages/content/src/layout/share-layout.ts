import type { Bytes, PieceIndex } from '@p2pshare/base'
import type { CID } from 'multiformats/cid'
import type { EntryList } from './entry-list.ts'

/**
 * A whole share as its index blocks describe it: which files there are, which pieces they are
 * made of, and where each piece's bytes lie. Built by the walker or the DAG builder, never
 * changed afterwards. Facts on pieces and files sit in typed arrays (about 60 bytes a piece, 70 a
 * file), since a share may have 2^21 pieces in a million files; entries are made when asked for.
 */
export interface ShareLayout {
  readonly root: CID
  /** `file`: the root is one file. `folder`: the root is a (plain or HAMT) directory. */
  readonly kind: 'file' | 'folder'
  /** Content bytes of all files together; what progress and totals count. */
  readonly size: Bytes
  readonly pieceCount: number
  /** In depth-first order of the DAG; a `file` share has exactly one, with an empty path. */
  readonly files: EntryList<FileEntry>
  /** Every folder below the root (the root itself is not listed), parents before children. */
  readonly folders: EntryList<FolderEntry>
  /** Entries that are never created on disk, such as symbolic links. */
  readonly skipped: EntryList<SkippedEntry>
  /** All non-leaf blocks, root first, each once: what must be kept to serve the share. */
  readonly indexBlocks: readonly IndexBlock[]

  /** sha2-256 digest of the piece's block; a 32-byte view that the caller must not change. */
  digest(piece: PieceIndex): Uint8Array
  /** Length of the piece's block: what is requested, sent and hashed. 1 … 2 MiB. */
  blockSize(piece: PieceIndex): Bytes
  /** Length of the file bytes in the block; less than `blockSize` only when the leaf is wrapped. */
  dataSize(piece: PieceIndex): Bytes
  /** Index into `files` of the file the piece belongs to. */
  fileOf(piece: PieceIndex): number
  /** Where the piece's file bytes begin in that file. */
  fileOffset(piece: PieceIndex): Bytes
  /** Whether the leaf is a dag-pb node around its data (foreign DAGs), not a raw block. */
  isWrapped(piece: PieceIndex): boolean
}

/** One file of a share. */
export interface FileEntry {
  /** Names from the share's root down as the DAG gives them; empty for a `file` share. */
  readonly path: readonly string[]
  /** The same, mapped by the name gate to names that every system can store. */
  readonly diskPath: readonly string[]
  readonly cid: CID
  /** That of the CID: 32 bytes, or fewer or more of an identity CID; a view. */
  readonly digest: Uint8Array
  readonly size: Bytes
  /** The file's pieces are `firstPiece … firstPiece + pieceCount − 1`. */
  readonly firstPiece: PieceIndex
  readonly pieceCount: number
  /** File bytes that lie in index blocks or identity CIDs and so never travel as pieces. */
  readonly inline: readonly InlineExtent[]
}

/** One folder below the root. */
export interface FolderEntry {
  readonly path: readonly string[]
  readonly diskPath: readonly string[]
}

/** An entry that is listed but never created. */
export interface SkippedEntry {
  readonly path: readonly string[]
  readonly reason: 'symlink'
}

/** File bytes known from the index alone. */
export interface InlineExtent {
  readonly offset: Bytes
  readonly data: Uint8Array
}

/** A non-leaf block. */
export interface IndexBlock {
  readonly cid: CID
  readonly data: Uint8Array
}

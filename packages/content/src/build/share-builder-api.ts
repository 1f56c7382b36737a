import type { ShareLayout } from '../layout/share-layout.ts'

/** sha2-256 of `data`, 32 bytes; synchronous, for index blocks (≤ 2 MiB) only. */
export type Sha256 = (data: Uint8Array) => Uint8Array

/**
 * Makes the `unixfs-v1-2025` DAG of a file or folder from the digests of its pieces. Files may be
 * opened, fed and finished in any order and side by side; the layout comes in DAG order.
 * Leaf bytes never pass through here, so memory grows only with the index (≈ 50 B a piece) and
 * with the names of files.
 */
export interface ShareBuilder {
  /**
   * Begins a file.
   * @param path - names from the share's root down; empty when the share is this one file.
   *   Folders on the way need not be declared.
   * @throws ShareError `content.bad-name`, `content.too-deep`, `content.too-many-entries`
   */
  file(path: readonly string[]): FileBuilder
  /**
   * Declares a folder; needed only when it is empty. An empty path declares the root.
   * @throws ShareError as {@link file}
   */
  folder(path: readonly string[]): void
  /**
   * Ends the share; every file must be finished. Call once.
   * @returns the layout, equal to what the walker makes of the same index blocks. Match its files
   *   to those on disk by `path`: they are in DAG order, not in the order of the calls.
   * @throws ShareError `content.too-many-…`, `content.index-too-large`, `content.bad-name`, …
   */
  finish(): ShareLayout
}

/** One file under construction. */
export interface FileBuilder {
  /**
   * Adds the next 1 MiB of the file; all but the last are exactly {@link PIECE_SIZE} long.
   * @param digest - sha2-256 of the bytes; copied
   * @param size - 1 … 1 MiB; an empty file gets no piece at all
   * @throws ShareError `content.too-many-pieces`, `content.index-too-large`
   */
  addPiece(digest: Uint8Array, size: number): void
  /** Ends the file. Call once. */
  finish(): void
}

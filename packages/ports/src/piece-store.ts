import type { Bitfield, Bytes, PieceIndex, ShareError } from '@p2pshare/base'

/**
 * The bytes of one share on disk. In place: a seeded file or a finished download is read where it
 * lies; a running download lives in part files.
 */
export interface PieceStore {
  /** Pieces whose bytes are on disk and were verified; live view, changed by this store only. */
  readonly have: Bitfield
  /**
   * Reads part of a piece's block (wrapping of foreign leaves included), a buffer that the caller owns.
   * When the file's size, mtime, ctime or inode differ from what was recorded, the whole piece is
   * hashed first.
   * @param into - `length` bytes of the caller's, to be filled and answered where that spares a new buffer; its
   *   contents are undefined afterwards, whatever is answered
   * @throws ShareError `storage.changed`, `storage.missing`, `storage.unreadable`; the share then is in error
   */
  read(piece: PieceIndex, offset: Bytes, length: Bytes, into?: Uint8Array): Promise<Uint8Array>
  /**
   * Writes a whole, verified block into the part file; `have` includes it when the promise
   * resolves. It is durable, and marked in the catalogue, at the latest 2 s or 64 MiB later.
   * @param block - owned by the caller again when the promise resolves
   * @throws ShareError `storage.disk-full`, `storage.write-failed`, `storage.content-mismatch`
   */
  write(piece: PieceIndex, block: Uint8Array): Promise<void>
  /** Makes all that was written durable and marked now. */
  flush(): Promise<void>
  /**
   * After the last piece, and before `finish`: where the download lies on another disk than its target, copies it there,
   * hashed on its way. Reading goes on meanwhile; `close` ends it, and it begins anew.
   * @param onProgress - pieces copied, of all; not called where nothing is to be copied
   * @throws ShareError `storage.disk-full`, `storage.write-failed`, `storage.missing`, `storage.changed`
   */
  bringHome(onProgress?: (done: number, total: number) => void): Promise<void>
  /**
   * Makes all that was written durable, and gives those of the files that are complete their final names, ahead of the
   * rest; they are served from there. Nothing for a share that is one file. Writes wait meanwhile; reads of these files
   * are the caller's to hold back.
   * @throws ShareError `storage.target-exists`, `storage.disk-full`, `storage.write-failed`
   */
  place(files: Iterable<number>): Promise<void>
  /**
   * What is wrong with the first file, of those that are meant, that got its final name ahead of the rest and is not
   * what was shared any more: `storage.missing` or `storage.changed`. Nothing is written to such a file; `verify` takes
   * one that was put back, and gives up one that is away, which can be downloaded anew then.
   */
  strayed(isMeant: (file: number) => boolean): ShareError | undefined
  /**
   * After the last piece: inline bytes, empty files and folders, fsync, rename to the final name,
   * fsync of the folder, then the catalogue says complete.
   * @returns the final path
   * @throws ShareError `storage.target-exists`, `storage.disk-full`, `storage.write-failed`
   */
  finish(): Promise<string>
  /** Hashes every piece that should be there and corrects `have` and the catalogue. */
  verify(onProgress?: (done: number, total: number) => void, signal?: AbortSignal): Promise<void>
  /** Flushes and closes all files. */
  close(): Promise<void>
}

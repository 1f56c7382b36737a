import type { ShareKey, ShareLayout } from '@p2pshare/content'
import type { FileIdentity } from './catalogue.ts'
import type { PieceStore } from './piece-store.ts'

/** Something in a folder that is not shared, and why. */
export interface SkippedPath {
  /** Relative to the seeded path. */
  path: string
  reason: 'symlink' | 'fifo' | 'socket' | 'device' | 'unreadable' | 'own-data' | 'bad-name'
}

/** Several files or folders that become one share: a folder that is nowhere on disk, of which they are the entries. */
export interface SeveralPaths {
  /** Of the share. */
  readonly name: string
  /** Absolute; each is an entry under its own last name. */
  readonly paths: readonly string[]
}

/** Where an entry of a share of several paths lies. */
export interface ShareRoot {
  /** In the share. */
  readonly name: string
  /** Absolute, without symbolic links. */
  readonly path: string
}

/** Where a share lies. */
export interface SharePaths {
  readonly name: string
  /** The file or folder; of several paths the nearest folder that holds them all. */
  readonly path: string
  readonly roots: readonly ShareRoot[] | undefined
}

/** What hashing a path gave. */
export interface ImportedShare {
  layout: ShareLayout
  /** Last part of the path, or what was wished for several. */
  name: string
  /** As {@link SharePaths} has it. */
  path: string
  /** Of several paths, in the order of their names. */
  roots?: readonly ShareRoot[]
  /** By file number, of a private share that in its manifest; made as they are asked for. */
  identities: Iterable<FileIdentity>
  skipped: SkippedPath[]
  /** Bytes that had to be read: 0 when nothing changed since an earlier share of the path. */
  hashedBytes: number
  /** What else the catalogue must know, such as the key of a private share: to be called within the transaction. */
  record?(): void
}

/** Progress of hashing. */
export interface ImportProgress {
  bytes: number
  totalBytes: number
  files: number
}

/** A share that was made of the same paths before. */
export interface EarlierShare {
  readonly cid: string
  readonly layout: ShareLayout
  /**
   * Its one path was renamed since: a file itself then counts as unchanged by size, mtime and inode, as the system sets
   * the ctime of what is renamed.
   */
  readonly moved?: boolean
}

/** How a path is imported. */
export interface ImportOptions {
  readonly signal: AbortSignal
  onProgress?(progress: ImportProgress): void
  /** As a private share: the layout is that of one file of cipher text; nothing is copied. */
  readonly sealed?: boolean
  /** An earlier share of the same paths, of the same kind, whose real paths are told. */
  earlier?(paths: SharePaths): EarlierShare | undefined
}

/** How a store is opened; all of it matters only where a download begins with what is at its target. */
export interface OpenOptions {
  readonly signal?: AbortSignal
  /** Content bytes that were compared with the share since the last call. */
  onLooked?(bytes: number): void
  /** Whether a file is wanted (index in the layout's `files`); all, by default. */
  wants?(file: number): boolean
}
/**
 * Opens a sealed block of a private share in place.
 * @param number - its place among the blocks
 * @returns its plain bytes, a view of `block`; undefined when key, number or any bit is not right
 */
export type BlockOpener = (number: number, block: Uint8Array) => Uint8Array | undefined

/** Reaches the user's files: imports them in place and opens piece stores on them. */
export interface ShareFiles {
  /**
   * Hashes a file, a folder or several of them in place, streaming. Files that are exactly (size, mtime, ctime, inode) what an earlier
   * share of the same path recorded are not read again.
   * @throws ShareError `storage.no-such-path`, `storage.unreadable`, `storage.not-shareable`,
   *   `storage.own-data`, `storage.changed-while-reading`, `content.too-many-…`, `network.aborted`; of several also
   *   `content.malformed-share-name`, `storage.too-many-paths`, `storage.unusable-name`, `storage.same-name`,
   *   `storage.path-inside`
   */
  import(what: string | SeveralPaths, options: ImportOptions): Promise<ImportedShare>
  /**
   * Opens the bytes of a share that is in the catalogue; complete or not is read there. Pieces
   * recorded as present are trusted only where the file still is what the catalogue says; the
   * others are re-hashed before the store is ready. The first time for a fetch that adopts its target, what is there is
   * compared with the share: whole files are used where they are, unfinished ones are completed.
   * @throws ShareError `storage.adopt-differs`, `storage.adopt-mismatch`; nothing was changed then
   */
  open(cid: string, layout: ShareLayout, options?: OpenOptions): Promise<PieceStore>
  /**
   * Checks, before a fetch starts, that the target can be made: its folder exists and is writable,
   * the target does not exist (unless `force` or `adopt`), and the disk has room for `size`. With `adopt` the download
   * begins with what is there; `force` then allows to lose bytes that are not the share's. What is said here holds for
   * the fetch to that path, unless it is `onlyLooked`.
   * @throws ShareError `storage.target-exists`, `storage.no-such-folder`, `storage.not-writable`, `storage.disk-full`,
   *   `storage.adopt-mismatch`
   */
  checkTarget(
    path: string,
    options: { size?: number; force: boolean; adopt?: boolean; onlyLooked?: boolean }
  ): Promise<void>
  /** Content bytes of a share that were at its target before; undefined when nothing was adopted. */
  adopted(cid: string): number | undefined
  /** The paths of a share that was made of several; undefined of any other share. */
  rootsOf(cid: string): readonly ShareRoot[] | undefined
  /** The key of a private share of this node; undefined of any other share. */
  keyOf(cid: string): ShareKey | undefined
  /**
   * Takes a key with which the content of a share is opened when it is fetched.
   * @returns records it; to be called together with the share
   * @throws ShareError `content.wrong-key` when it is not that of the share
   */
  takeKey(cid: string, key: ShareKey): () => void
  /** Opens the blocks of a private share whose key is here; undefined of any other share. */
  opener(cid: string): BlockOpener | undefined
  /** Deletes the part files, and with `content` the finished file or folder, but only files that the share itself consists of. */
  remove(cid: string, layout: ShareLayout | undefined, options: { content: boolean }): Promise<void>
  /**
   * Finds a share at another place. Of a complete one, its files lie at `path` now; they are checked, by reading those
   * that are not just renamed. A fetch gets another target, which must be free; its store must be closed. Changes
   * nothing before the answer's `record` is called.
   * @throws ShareError `storage.not-the-share`, `storage.missing`, `storage.no-such-path`, `storage.unreadable`;
   *   of a fetch as `checkTarget`; the signal's reason
   */
  relocate(
    cid: string,
    layout: ShareLayout | undefined,
    path: string,
    options: RelocateOptions
  ): Promise<Relocation>
  /**
   * The disk of `path`; where nothing is yet, that of the nearest folder that is there.
   * @throws ShareError `storage.unreadable`
   */
  volume(path: string): Promise<Volume>
  /** Whether a disk is mounted in the folder that was its `Volume.mount`; nothing is opened or made. */
  isMounted(mount: string): Promise<boolean>
  /**
   * A text that changes whenever the file or folder at the path does (size, time, inode); undefined when nothing is
   * there, or it cannot be looked at.
   */
  look(path: string): Promise<string | undefined>
}

/** How a share is relocated. */
export interface RelocateOptions {
  readonly signal: AbortSignal
  /** Of a check: how much of what there is was looked at, in any unit. */
  onProgress?(done: number, total: number): void
}

/** A place that fits a share. */
export interface Relocation {
  /** Real path of the file or folder, or the new target. */
  readonly path: string
  /** Bytes that had to be read. */
  readonly hashed: number
  /** Puts it into the catalogue, as one transaction. */
  record(): void
}

/** A mounted disk. */
export interface Volume {
  /** Tells disks apart as long as they are mounted. */
  readonly id: string
  /** Absolute path of the folder that it is mounted in. */
  readonly mount: string
  /** Free bytes for us: what is left beside `min-free`; 0 where less than that is free. */
  readonly free: number
  /** Whether the folder that was asked for, or the nearest that is there, can be written to. */
  readonly writable: boolean
}

/** sha2-256 outside the main thread; the buffer must not change until the promise resolves. */
export type Hasher = (data: Uint8Array) => Promise<Uint8Array>

import type { Bitfield, PieceIndex } from '@p2pshare/base'
import type { IndexBlock } from '@p2pshare/content'
import type { ContentKey } from './directory.ts'
import type { PeerName } from './peer-link.ts'

/** What a share is doing, as users see it; kept over restarts. */
export type ShareState = 'fetching' | 'seeding' | 'paused' | 'queued' | 'checking' | 'error'

/** One share's row. */
export interface ShareRecord {
  /** Root CID, canonical text. */
  readonly cid: string
  name: string
  /** Content bytes; 0 until the index is complete. */
  size: number
  /** 0 until the index is complete. */
  pieces: number
  /** Whether all index blocks are in the catalogue. */
  indexed: boolean
  /** Whether every piece is on disk under the final name. */
  complete: boolean
  state: ShareState
  /** Why the state is what it is: `error` always has one, `paused` may. */
  reason: string | undefined
  /** Absolute final path of the file or folder. */
  path: string
  /** Absolute path of the part file or folder; undefined when complete. */
  partPath: string | undefined
  /** Addresses given with the link or learnt, tried first. */
  hints: { peer: PeerName; addresses: string[] }[]
  uploaded: number
  downloaded: number
  /** Wall time, ms. */
  addedAt: number
}

/** What a file on disk looked like when its bytes were known to be right. */
export interface FileIdentity {
  /** Index in the layout's `files`. */
  file: number
  size: number
  /** Nanoseconds. */
  mtime: bigint
  ctime: bigint
  inode: bigint
}

/** Leaf bytes around the data of a wrapped piece (foreign DAGs). */
export interface PieceWrap {
  piece: PieceIndex
  prefix: Uint8Array
  suffix: Uint8Array
}

/** Where a block can be read. */
export interface PieceLocation {
  share: string
  piece: PieceIndex
}

/** What this node has and does, durable; every call is one transaction. */
export interface Catalogue {
  shares(): ShareRecord[]
  share(cid: string): ShareRecord | undefined
  /** Adds or replaces the row, with its hints. */
  putShare(share: ShareRecord): void
  removeShare(cid: string): void

  /** Stores index blocks of a share; may be called several times while they arrive. */
  putIndexBlocks(cid: string, blocks: readonly IndexBlock[]): void
  indexBlocks(cid: string): IndexBlock[]
  /** An index block of any share. */
  findIndexBlock(digest: ContentKey): Uint8Array | undefined

  /** Registers which pieces the share has by hash, so that any of them can be found from any share. */
  putPieceKeys(cid: string, count: number, digest: (piece: PieceIndex) => ContentKey): void
  /** Candidates for a digest (matched by its first 8 bytes: check the whole against the layout). */
  locate(digest: ContentKey): PieceLocation[]

  have(cid: string, length: number): Bitfield
  putHave(cid: string, have: Bitfield): void
  /** By file number; read as they are asked for, so use nothing else of the catalogue in between. */
  identities(cid: string): Iterable<FileIdentity>
  putIdentities(cid: string, identities: Iterable<FileIdentity>): void
  wraps(cid: string): PieceWrap[]
  putWraps(cid: string, wraps: readonly PieceWrap[]): void

  bans(): { peer: PeerName; until: number; reason: string }[]
  putBan(peer: PeerName, until: number, reason: string): void
  removeBan(peer: PeerName): void

  /** Small durable values of other parts, by area and key. */
  values(area: string): KeyValueStore

  /** Runs `work` in one transaction; all or nothing. */
  transaction<T>(work: () => T): T
  close(): void
}

/** Durable bytes by key. */
export interface KeyValueStore {
  get(key: string): Uint8Array | undefined
  put(key: string, value: Uint8Array): void
  delete(key: string): void
  /** Keys with the prefix, in order, with their values. */
  query(prefix: string): Iterable<{ key: string; value: Uint8Array }>
  /** Puts and deletes in one transaction. */
  batch(puts: Iterable<{ key: string; value: Uint8Array }>, deletes: Iterable<string>): void
}

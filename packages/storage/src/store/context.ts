import type { Clock } from '@p2pshare/base'
import type { Catalogue, Hasher, Log } from '@p2pshare/ports'
import type { FilePool } from '../disk/file-pool.ts'
import type { FileSystemSync } from '../disk/file-system-sync.ts'
import type { DiskRoom } from '../disk/disk-room.ts'
import type { DiskReserve } from '../disk/free-space.ts'
import type { SmallFiles } from '../small/small-files.ts'
import type { BlockCache } from './block-cache.ts'

/** What all piece stores of a daemon share. */
export interface StoreContext {
  readonly catalogue: Catalogue
  readonly hasher: Hasher
  readonly clock: Clock
  readonly log: Log
  readonly pool: FilePool
  readonly cache: BlockCache
  readonly reserve: DiskReserve
  /** Where part files of new downloads lie; undefined = beside their targets. */
  partFolder(): string | undefined
  /** What may still be written to each disk. */
  readonly room: DiskRoom
  /** Where small files are read, written and looked at. */
  readonly small: SmallFiles
  /** Syncs many files at once, where the system can. */
  readonly syncAll: FileSystemSync | undefined
}

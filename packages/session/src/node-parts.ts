import type { Clock, Rng } from '@p2pshare/base'
import type { BufferBudget, PeerMemory, RequestBudget } from '@p2pshare/engine'
import type { Catalogue, ContentKey, Directory, Hasher, Log, PeerNetwork, ShareFiles } from '@p2pshare/ports'
import type { StartLimits } from './limits/limit-settings.ts'
import type { LinkTable } from './peers/link-table.ts'
import type { ControlChoice, Turns } from './controls.ts'
import type { ReplicaBook } from './stopping/replica-book.ts'
import type { Choking } from './serving/choking.ts'
import type { ShareDriver } from './share/share-driver.ts'
import type { SessionSettings } from './settings.ts'
import type { ShareMounts } from './away/share-mounts.ts'
import type { SpaceKeeper } from './space/space-keeper.ts'
import type { KnownPeers } from './finding/known-peers.ts'
import type { TrustKeeper } from './peers/trust-keeper.ts'

/** The outside world of a session: every port, and time and chance. */
export interface SessionPorts {
  catalogue: Catalogue
  files: ShareFiles
  network: PeerNetwork
  directory: Directory
  hasher: Hasher
  clock: Clock
  rng: Rng
  log: Log
  settings?: SessionSettings | undefined
  /** Rate limits that the configuration gives; what was set while running counts more. */
  startLimits?: StartLimits | undefined
  /** How many shares work at a time, and when they have done enough, by the configuration. */
  startControls?: ControlChoice | undefined
  /**
   * Gives the buffer of a piece, `size` bytes, contents undefined; plain memory when missing. A
   * simulation of a thousand nodes gives buffers that never touch memory.
   */
  allocate?: ((size: number) => Uint8Array) | undefined
  /** Absolute; shares lie there that are here only as long as they are read. It exists. */
  temporaryFolder?: string | undefined
  /** Called, maybe often, once a share of {@link MANY_FILES} files or more is at work here: memory counts more than speed then. */
  onManyFiles?: (() => void) | undefined
  /** Called for each share before its work starts, those of earlier runs among them. */
  onShare?: ((share: ShareDriver) => void) | undefined
}

/** Files of a share from which on its memory is a matter. */
export const MANY_FILES = 20_000

/** Blocks of all shares of this node. */
export interface LocalBlocks {
  /** Whether some share that is not held up has the block. */
  has(digest: ContentKey): boolean
  /** A whole block; undefined when none has it (any more). Not to be changed; `giveBack` when done with it. */
  read(digest: ContentKey): Promise<{ bytes: Uint8Array; giveBack?: (() => void) | undefined } | undefined>
}

/** What every share of a node has in common. */
export interface NodeParts extends SessionPorts {
  links: LinkTable
  trust: TrustKeeper
  choking: Choking
  localBlocks: LocalBlocks
  /** What dialling peers has taught, for all shares. */
  peerMemory: PeerMemory
  /** Who took part in each share, over restarts. */
  knownPeers: KnownPeers
  /** Whose turn it is to be fetched, or verified. */
  turns: Turns
  /** Who was seen with all of a share. */
  replicas: Pick<ReplicaBook, 'note'>
  /** Bytes asked for and not yet here, over all shares. */
  budget: RequestBudget
  /** Bytes of pieces in memory, over all shares. */
  buffers: BufferBudget
  /** Space on disks, over all shares. */
  space: SpaceKeeper
  /** On which disks shares lie. */
  mounts: ShareMounts
}

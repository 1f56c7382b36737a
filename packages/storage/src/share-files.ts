import { type Clock, printable, ShareError } from '@p2pshare/base'
import { checkShareKey } from '@p2pshare/content'
import type { Catalogue, Hasher, Log, ShareFiles, ShareRecord } from '@p2pshare/ports'
import { wishToAdopt } from './adopt/adopt-wish.ts'
import { adoptedBytes } from './adopt/adopted-files.ts'
import { FilePool, OPEN_FILES_LIMIT } from './disk/file-pool.ts'
import { type FileSystemSync, fileSystemSync } from './disk/file-system-sync.ts'
import { DiskRoom } from './disk/disk-room.ts'
import { type DiskReserve, defaultReserve, volumeOf } from './disk/free-space.ts'
import { isMounted, look } from './disk/presence.ts'
import { importShare } from './import/import-share.ts'
import { importSealed } from './sealed/import-sealed.ts'
import { openSealed } from './sealed/open-sealed.ts'
import { contentKey, keyCheck, openBlock } from './sealed/seal.ts'
import { keyOf, putSecret } from './sealed/sealed-records.ts'
import { placeOf } from './several/root-records.ts'
import { SmallFiles } from './small/small-files.ts'
import { BlockCache } from './store/block-cache.ts'
import type { StoreContext } from './store/context.ts'
import { relocate } from './relocate/relocate.ts'
import { DiskPieceStore } from './store/disk-piece-store.ts'
import { openShare } from './store/open-store.ts'
import { checkTarget } from './target/check-target.ts'
import { refuseOwnFiles } from './target/own-files.ts'
import { removeShare } from './target/remove-share.ts'
import { wishToReplace } from './target/replace-wish.ts'

/** What {@link createShareFiles} needs. */
export interface ShareFilesOptions {
  catalogue: Catalogue
  hasher: Hasher
  clock: Clock
  log: Log
  /** Folders and files of the daemon itself (its home, for one): never shared. */
  ownData: readonly string[]
  /** Files and folders of the daemon itself that no download may replace, hold or lie in. */
  ownFiles?: readonly string[]
  /** Bytes of a disk that downloads leave free, asked each time; 1 %, at most 256 MiB, by default. */
  reserve?: DiskReserve
  /** Where part files of new downloads lie, asked each time; beside their targets by default. */
  partFolder?: () => string | undefined
  /** Files open at once, 40 by default. */
  openFiles?: number
  /** The thread for small files; one of its own by default. */
  small?: SmallFiles
  /** Syncs many files at once; what the system offers by default. */
  syncAll?: FileSystemSync | undefined
}

/** The user's files, on the disks of this machine. */
export function createShareFiles(options: ShareFilesOptions): ShareFiles {
  const { catalogue, hasher, clock, log, ownData } = options
  const reserve = options.reserve ?? defaultReserve
  const small = options.small ?? new SmallFiles(clock)
  const context: StoreContext = {
    catalogue,
    hasher,
    clock,
    log,
    reserve,
    partFolder: options.partFolder ?? (() => undefined),
    room: new DiskRoom((path) => volumeOf(path, reserve)),
    pool: new FilePool(options.openFiles ?? OPEN_FILES_LIMIT),
    cache: new BlockCache(),
    small,
    syncAll: 'syncAll' in options ? options.syncAll : fileSystemSync()
  }
  return {
    import: (what, importOptions) =>
      importOptions.sealed === true
        ? importSealed(what, { hasher, clock, pool: context.pool, catalogue, ownData }, importOptions)
        : importShare(what, { hasher, clock, small, catalogue, ownData }, importOptions),
    open: async (cid, layout, opening) => {
      const record = shareOf(catalogue, cid)
      const sealed = await openSealed(record, layout, context)
      return sealed ?? new DiskPieceStore(await openShare(record, layout, context, opening))
    },
    checkTarget: async (path, target) => {
      await refuseOwnFiles(path, options.ownFiles ?? [])
      await checkTarget(path, target, reserve)
      if (target.onlyLooked === true) return
      const adopt = target.adopt === true
      wishToReplace(catalogue, path, target.force && !adopt)
      wishToAdopt(catalogue, path, adopt ? { mayRepair: target.force } : undefined)
    },
    adopted: (cid) => adoptedBytes(catalogue, cid),
    rootsOf: (cid) => {
      const record = catalogue.share(cid)
      return record && placeOf(catalogue, record).roots
    },
    keyOf: (cid) => keyOf(catalogue, cid),
    opener: (cid) => openerOf(catalogue, cid),
    takeKey: (cid, key) => {
      checkShareKey(key, keyCheck(key.secret, cid))
      return () => putSecret(catalogue, cid, key.secret)
    },
    remove: (cid, layout, { content }) => removeShare(cid, layout, content, { catalogue, log }),
    relocate: async (cid, layout, path, relocating) => {
      await refuseOwnFiles(path, options.ownFiles ?? [])
      return relocate(shareOf(catalogue, cid), layout, path, context, relocating)
    },
    volume: (path) => volumeOf(path, reserve),
    isMounted,
    look
  }
}

/** Opens blocks of a private share whose key is here. */
function openerOf(catalogue: Catalogue, cid: string): ReturnType<ShareFiles['opener']> {
  const secret = keyOf(catalogue, cid)?.secret
  if (secret === undefined) return undefined
  const key = contentKey(secret)
  return (number, block) => openBlock(key, number, block)
}

/** @throws ShareError `storage.unknown-share` */
function shareOf(catalogue: Catalogue, cid: string): ShareRecord {
  const record = catalogue.share(cid)
  if (record !== undefined) return record
  throw new ShareError({
    code: 'storage.unknown-share',
    fault: 'user',
    message: `the catalogue has no share ${printable(cid)}`,
    hint: 'See "p2pshare list" for the shares of this daemon.',
    detail: { cid }
  })
}

import { constants } from 'node:fs'
import { type FileHandle, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ShareError } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { FileIdentity } from '@p2pshare/ports'
import { forEachAtMost } from '../disk/at-most.ts'
import { isAbsent, missing, writeError } from '../disk/disk-error.ts'
import type { FilePool, PoolOpener } from '../disk/file-pool.ts'
import { type FileSystemSync, MANY_FILES } from '../disk/file-system-sync.ts'
import { assertInside, ensureOwnFolder, syncFolder } from '../disk/folder.ts'
import { type Identity, identityOf } from '../disk/identity.ts'
import { type OpenFile, openPlain, statPath, writeFully } from '../disk/plain-file.ts'
import { InodeTable } from './inode-table.ts'
import { SMALL_FILE } from '../small/job.ts'
import type { SmallFiles } from '../small/small-files.ts'
import type { Places } from './places.ts'

/** Files synced side by side. */
const AT_ONCE = 8
/** Files looked at side by side: a few batches of the thread for small files. */
const STATS_AT_ONCE = 256

/** What part files stand on. */
export interface PartFilesInit {
  readonly layout: ShareLayout
  readonly places: Places
  readonly pool: FilePool
  /** Names the share's files in the pool. */
  readonly poolKey: string
  /** Where small files are written. */
  readonly small: SmallFiles
  /** Syncs many files at once, where the system can. */
  readonly syncAll: FileSystemSync | undefined
  /** Of the disk on which all is to be made, where that was looked at. */
  readonly device: bigint | undefined
}

/** What became of the sync of several files. */
export interface SyncedFiles {
  /** Those whose bytes are durable, with their identity after that. */
  readonly synced: FileIdentity[]
  /** Those whose bytes may be lost, each with the reason. */
  readonly failed: ReadonlyMap<number, ShareError>
}

/** The part files of one running download: made when their first byte comes, sparse, of full length. */
export class PartFiles {
  readonly #layout: ShareLayout
  readonly #places: Places
  readonly #pool: FilePool
  readonly #poolKey: string
  readonly #small: SmallFiles
  readonly #syncAll: FileSystemSync | undefined
  readonly #device: bigint | undefined
  /** The real path of the share's folder, or of the one around a single file. */
  #realRoot: string | undefined
  /** Folders that this run has made or found to be ours, or is about to. */
  readonly #folders = new Map<string, Promise<void>>()
  /** Those of them that are there now. */
  readonly #made = new Set<string>()
  /** Folders with names that are not durable yet. */
  readonly #unsyncedFolders = new Set<string>()
  /** Files with bytes that are not durable yet. */
  readonly #dirty = new Set<number>()
  /** The inode of each part file; bytes in another one would not be the ones we wrote. */
  readonly #inodes: InodeTable
  /** Files whose sync failed when the pool closed them: their fresh bytes may be lost. */
  readonly #failed = new Map<number, unknown>()

  constructor(init: PartFilesInit) {
    this.#layout = init.layout
    this.#places = init.places
    this.#pool = init.pool
    this.#poolKey = init.poolKey
    this.#small = init.small
    this.#syncAll = init.syncAll
    this.#device = init.device
    this.#inodes = new InodeTable(init.layout.files.length)
  }

  /** Says that a part file is there already, from an earlier run. */
  expect(file: number, inode: bigint): void {
    this.#inodes.set(file, inode)
  }

  /** Forgets a part file that is gone: the next write makes a new one. */
  async forget(file: number): Promise<void> {
    this.#inodes.delete(file)
    this.#dirty.delete(file)
    this.#failed.delete(file)
    await this.#pool.drop(this.#key(file))
  }

  /**
   * Writes bytes of a file, not durably yet.
   * @throws ShareError `storage.disk-full`, `storage.write-failed`
   */
  async write(file: number, data: Uint8Array, position: number): Promise<void> {
    const whole = position === 0 && data.byteLength === this.#size(file)
    try {
      if (whole && (await this.#writeSmall(file, data))) return
      await this.#pool.use(this.#key(file), this.opener(file, whole), async (handle) => {
        this.#dirty.add(file)
        await writeFully(handle, data, position)
      })
    } catch (error) {
      throw writeError(error, this.#places.path(file))
    }
  }

  /** Whether a small file that is new to us was written, not durably; closed again, so a later sync must find it. */
  async #writeSmall(file: number, data: Uint8Array): Promise<boolean> {
    const isSmall = data.byteLength > 0 && data.byteLength <= SMALL_FILE && this.#layout.kind === 'folder'
    if (!isSmall || this.#inodes.has(file) || this.#syncAll === undefined) return false
    const parts = this.#places.parts(file)
    const folder = dirname(this.#places.path(file))
    if (!this.#made.has(folder)) await this.makeFolder(parts.slice(0, -1))
    const inode = await this.#small.write(this.#realRoot ?? (await this.#findRoot()), parts, data)
    if (inode === undefined) return false
    this.#inodes.set(file, inode)
    this.#unsyncedFolders.add(folder)
    return true
  }

  /**
   * Makes the bytes of files durable: each by itself, or, where they are many, all at once with their names.
   * A failure means that bytes written since the last good sync may be lost, whatever a read shows: the page
   * cache forgets it (Rebello et al., USENIX ATC 2020).
   */
  async sync(files: readonly number[]): Promise<SyncedFiles> {
    const together = await this.#syncTogether(files.length)
    const synced: FileIdentity[] = []
    const failed = new Map<number, ShareError>()
    await forEachAtMost(together ? STATS_AT_ONCE : AT_ONCE, files, async (file) => {
      try {
        synced.push({ file, ...(await (together ? this.#identitySoon(file) : this.syncOne(file))) })
      } catch (error) {
        failed.set(file, writeError(error, this.#places.path(file)))
      }
    })
    return { synced, failed }
  }

  /**
   * Makes the bytes of one file durable.
   * @returns the file's identity after that
   * @throws ShareError; see {@link sync}
   */
  async syncOne(file: number): Promise<Identity> {
    const path = this.#places.path(file)
    const failure = this.#failed.get(file)
    this.#failed.delete(file)
    if (failure !== undefined) throw writeError(failure, path)
    try {
      await this.#pool.use(this.#key(file), this.opener(file), async (handle) => {
        this.#dirty.delete(file)
        await handle.datasync()
      })
      return await this.#identity(file)
    } catch (error) {
      throw writeError(error, path)
    }
  }

  /** As {@link #identity}, for one of many files. */
  async #identitySoon(file: number): Promise<Identity> {
    const found = await this.#small.stat(this.#places.path(file))
    return found !== undefined && found.inode === this.#inodes.get(file) ? found : this.#identity(file)
  }

  /** An open file outlives its name: bytes in a file that was deleted or replaced must not be marked. */
  async #identity(file: number): Promise<Identity> {
    const path = this.#places.path(file)
    const stat = await statPath(path)
    if (stat === undefined || stat.ino !== this.#inodes.get(file)) throw missing(path)
    return identityOf(stat)
  }

  /** Whether all that was written so far, with the names of files and folders, is durable now. */
  async #syncTogether(count: number): Promise<boolean> {
    if (this.#syncAll === undefined || count < MANY_FILES) return false
    const folders = [...this.#unsyncedFolders]
    if (!(await this.#syncAll(this.#places.root))) return false
    for (const folder of folders) this.#unsyncedFolders.delete(folder)
    return true
  }

  /** Makes the names of new files and folders durable. */
  async syncFolders(): Promise<void> {
    await this.#syncTogether(this.#unsyncedFolders.size)
    for (const folder of this.#unsyncedFolders) {
      try {
        await syncFolder(folder)
      } catch (error) {
        throw writeError(error, folder)
      }
      this.#unsyncedFolders.delete(folder)
    }
  }

  /** Makes a folder of the share, and those above it. */
  async makeFolder(parts: readonly string[]): Promise<void> {
    if (this.#layout.kind === 'folder') await this.#ensure(this.#places.root)
    for (let depth = 1; depth <= parts.length; depth++) {
      await this.#ensure(join(this.#places.root, ...parts.slice(0, depth)))
    }
  }

  /** Forgets the folders, which may be gone then: the next write makes them anew. Not while anything is written. */
  forgetFolders(): void {
    this.#folders.clear()
    this.#made.clear()
    this.#unsyncedFolders.clear()
    this.#realRoot = undefined
  }

  /** Syncs every folder of the share: some may come from a run that was killed before its sync. */
  async syncTree(): Promise<void> {
    if (this.#layout.kind === 'folder') {
      for (const { diskPath } of this.#layout.folders)
        this.#unsyncedFolders.add(join(this.#places.root, ...diskPath))
      this.#unsyncedFolders.add(this.#places.root)
    }
    await this.syncFolders()
  }

  /**
   * How the pool opens a part file for reading and writing; makes it when it is not there.
   * @param whole - the first thing to come is a write of all its bytes, which gives it its length
   */
  opener(file: number, whole = false): PoolOpener {
    return {
      open: () => this.#open(file, whole),
      beforeClose: async (handle) => {
        // A sync of the file system, or of the file when it is opened again, still meets the failure of a write
        // (Linux since 4.16); elsewhere it would be lost with the handle.
        if (this.#syncAll !== undefined || !this.#dirty.delete(file)) return
        try {
          await handle.datasync()
        } catch (error) {
          this.#failed.set(file, error)
        }
      }
    }
  }

  #key(file: number): string {
    return `${this.#poolKey}${file}`
  }

  #size(file: number): number {
    return this.#layout.files.at(file)?.size ?? 0
  }

  async #open(file: number, whole: boolean): Promise<FileHandle> {
    const path = this.#places.path(file)
    const parts = this.#places.parts(file)
    if (parts.length > 0) await this.makeFolder(parts.slice(0, -1))
    const inode = this.#inodes.get(file)
    if (inode === undefined) await this.#assertDisk()
    const { handle, stat } = await openPart(path, inode === undefined ? constants.O_CREAT : 0)
    try {
      if (inode !== undefined && stat.ino !== inode) throw missing(path)
      this.#inodes.set(file, stat.ino)
      await this.#assertOurs(handle, parts)
      await this.#setLength(file, { handle, length: Number(stat.size), whole })
      return handle
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  async #assertOurs(handle: FileHandle, parts: readonly string[]): Promise<void> {
    const isFolder = this.#layout.kind === 'folder'
    await assertInside(handle, await this.#findRoot(), isFolder ? parts : [basename(this.#places.root)])
  }

  /** Nothing is made where the disk was mounted that the download lies on, once it is away. */
  async #assertDisk(): Promise<void> {
    if (this.#device === undefined || this.#realRoot !== undefined) return
    const folder = dirname(this.#places.root)
    if ((await stat(folder, { bigint: true })).dev !== this.#device) throw missing(folder)
  }

  async #findRoot(): Promise<string> {
    const { root } = this.#places
    this.#realRoot ??= await realpath(this.#layout.kind === 'folder' ? root : dirname(root))
    return this.#realRoot
  }

  async #setLength(
    file: number,
    { handle, length, whole }: { handle: FileHandle; length: number; whole: boolean }
  ): Promise<void> {
    const size = this.#size(file)
    if (length === size) return
    this.#unsyncedFolders.add(dirname(this.#places.path(file)))
    if (whole && length < size) return
    await handle.truncate(size)
    this.#dirty.add(file)
  }

  /** Many files of a new folder come at once; one of them makes it. */
  #ensure(folder: string): Promise<void> {
    const known = this.#folders.get(folder)
    if (known !== undefined) return known
    const made = this.#make(folder)
    this.#folders.set(folder, made)
    made.catch(() => this.#folders.delete(folder))
    return made
  }

  async #make(folder: string): Promise<void> {
    try {
      await this.#assertDisk()
      if (await ensureOwnFolder(folder)) {
        this.#unsyncedFolders.add(dirname(folder))
        this.#unsyncedFolders.add(folder)
      }
    } catch (error) {
      throw writeError(error, folder)
    }
    this.#made.add(folder)
  }
}

async function openPart(path: string, create: number): Promise<OpenFile> {
  try {
    return await openPlain(path, constants.O_RDWR | create)
  } catch (error) {
    throw create === 0 && isAbsent(error) ? missing(path, error) : error
  }
}

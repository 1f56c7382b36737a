import { constants } from 'node:fs'
import { type FileHandle, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { ShareLayout } from '@p2pshare/content'
import { isAbsent, missing, writeError } from '../disk/disk-error.ts'
import type { FilePool, PoolOpener } from '../disk/file-pool.ts'
import { assertInside, ensureOwnFolder, syncFolder } from '../disk/folder.ts'
import { type Identity, identityOf } from '../disk/identity.ts'
import { openPlain, statPath, writeFully } from '../disk/plain-file.ts'
import type { Places } from './places.ts'

/** The part files of one running download: made when their first byte comes, sparse, of full length. */
export class PartFiles {
  readonly #layout: ShareLayout
  readonly #places: Places
  readonly #pool: FilePool
  readonly #poolKey: string
  /** Folders that this run has made or found to be ours. */
  readonly #folders = new Set<string>()
  /** Folders with names that are not durable yet. */
  readonly #unsyncedFolders = new Set<string>()
  /** Files with bytes that are not durable yet. */
  readonly #dirty = new Set<number>()
  /** The inode of each part file; bytes in another one would not be the ones we wrote. */
  readonly #inodes = new Map<number, bigint>()
  /** Files whose sync failed when the pool closed them: their fresh bytes may be lost. */
  readonly #failed = new Map<number, unknown>()

  constructor(layout: ShareLayout, places: Places, pool: FilePool, poolKey: string) {
    this.#layout = layout
    this.#places = places
    this.#pool = pool
    this.#poolKey = poolKey
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
    try {
      await this.#pool.use(this.#key(file), this.opener(file), async (handle) => {
        this.#dirty.add(file)
        await writeFully(handle, data, position)
      })
    } catch (error) {
      throw writeError(error, this.#places.path(file))
    }
  }

  /**
   * Makes the bytes of a file durable.
   * @returns the file's identity after that
   * @throws ShareError; bytes written since the last good sync may then be lost, whatever a read
   *   shows: the page cache forgets the failure (Rebello et al., USENIX ATC 2020)
   */
  async sync(file: number): Promise<Identity> {
    const path = this.#places.path(file)
    const failure = this.#failed.get(file)
    this.#failed.delete(file)
    if (failure !== undefined) throw writeError(failure, path)
    try {
      return await this.#pool.use(this.#key(file), this.opener(file), async (handle) => {
        this.#dirty.delete(file)
        await handle.datasync()
        const identity = identityOf(await handle.stat({ bigint: true }))
        // An open file outlives its name: bytes in a file that was deleted must not be marked.
        if ((await statPath(path))?.ino !== identity.inode) throw missing(path)
        return identity
      })
    } catch (error) {
      throw writeError(error, path)
    }
  }

  /** Makes the names of new files and folders durable. */
  async syncFolders(): Promise<void> {
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

  /** Syncs every folder of the share: some may come from a run that was killed before its sync. */
  async syncTree(): Promise<void> {
    if (this.#layout.kind === 'folder') {
      for (const { diskPath } of this.#layout.folders)
        this.#unsyncedFolders.add(join(this.#places.root, ...diskPath))
      this.#unsyncedFolders.add(this.#places.root)
    }
    await this.syncFolders()
  }

  /** How the pool opens a part file for reading and writing; makes it when it is not there. */
  opener(file: number): PoolOpener {
    return {
      open: () => this.#open(file),
      beforeClose: async (handle) => {
        if (!this.#dirty.delete(file)) return
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

  async #open(file: number): Promise<FileHandle> {
    const path = this.#places.path(file)
    const parts = this.#places.parts(file)
    if (parts.length > 0) await this.makeFolder(parts.slice(0, -1))
    const inode = this.#inodes.get(file)
    const handle = await openPart(path, inode === undefined ? constants.O_CREAT : 0)
    try {
      const found = (await handle.stat({ bigint: true })).ino
      if (inode !== undefined && found !== inode) throw missing(path)
      this.#inodes.set(file, found)
      await assertInside(
        handle,
        await this.#realRoot(),
        parts.length > 0 ? parts : [basename(this.#places.root)]
      )
      const size = this.#layout.files[file]?.size ?? 0
      if ((await handle.stat()).size !== size) {
        await handle.truncate(size)
        this.#dirty.add(file)
        this.#unsyncedFolders.add(dirname(path))
      }
      return handle
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** The real path of the part folder; of the folder around it for a single file. */
  #realRoot(): Promise<string> {
    return realpath(this.#layout.kind === 'folder' ? this.#places.root : dirname(this.#places.root))
  }

  async #ensure(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return
    try {
      if (await ensureOwnFolder(folder)) {
        this.#unsyncedFolders.add(dirname(folder))
        this.#unsyncedFolders.add(folder)
      }
    } catch (error) {
      throw writeError(error, folder)
    }
    this.#folders.add(folder)
  }
}

async function openPart(path: string, create: number): Promise<FileHandle> {
  try {
    return await openPlain(path, constants.O_RDWR | create)
  } catch (error) {
    throw create === 0 && isAbsent(error) ? missing(path, error) : error
  }
}

import { constants } from 'node:fs'
import type { PieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { Hasher, PieceWrap } from '@p2pshare/ports'
import { concat, equals } from 'uint8arrays'
import { changed, isNotPlain, missing, readError } from '../disk/disk-error.ts'
import type { FilePool, PoolOpener } from '../disk/file-pool.ts'
import { type Identity, identityOf, sameIdentity } from '../disk/identity.ts'
import { openPlain, readFully, statPath, uninitialized } from '../disk/plain-file.ts'
import { hashHere } from '../hasher.ts'
import { SMALL_FILE } from '../small/job.ts'
import type { SmallFiles } from '../small/small-files.ts'
import type { BlockCache } from './block-cache.ts'
import { isOfMany, type Places } from './places.ts'

/** What a {@link BlockReader} reads from. */
export interface BlockSource {
  readonly layout: ShareLayout
  readonly places: Places
  readonly wraps: ReadonlyMap<PieceIndex, PieceWrap>
  /** Names the share's files in the pool; unique for each open store. */
  readonly poolKey: string
  /** How to open a file; undefined for the usual way: read-only, without following links. */
  opener(file: number): PoolOpener | undefined
}

/** Reads blocks of one share from its files. Buffers that it answers belong to the caller. */
export class BlockReader {
  readonly #source: BlockSource
  readonly #pool: FilePool
  readonly #cache: BlockCache
  readonly #hasher: Hasher
  readonly #small: SmallFiles

  constructor(
    source: BlockSource,
    tools: { pool: FilePool; cache: BlockCache; hasher: Hasher; small: SmallFiles }
  ) {
    this.#source = source
    this.#small = tools.small
    this.#pool = tools.pool
    this.#cache = tools.cache
    this.#hasher = tools.hasher
  }

  /**
   * Fills `target` with file bytes of a piece from `offset` on, if the file still is what `expected` says: its path
   * is looked at before, by opening it where it is not open, and the open file after the read, so that no change in
   * between goes unseen.
   *
   * @returns undefined when it is not; the bytes then have to be hashed
   * @throws ShareError `storage.missing`, `storage.unreadable`
   */
  async readUnchanged(
    piece: PieceIndex,
    offset: number,
    target: Uint8Array,
    expected: Identity
  ): Promise<Uint8Array | undefined> {
    const file = this.#source.layout.fileOf(piece)
    const path = this.#source.places.path(file)
    const isWhole = offset === 0 && target.byteLength === expected.size && expected.size <= SMALL_FILE
    if (isWhole && isOfMany(this.#source.layout) && (await this.#small.read(path, target, expected)))
      return target
    try {
      if (this.#pool.isOpen(this.#key(file))) {
        const before = await statPath(path)
        if (before === undefined) throw missing(path)
        if (!sameIdentity(identityOf(before), expected)) return undefined
      }
      return await this.#pool.use(this.#key(file), this.#opener(file), async (handle) => {
        const whole = await readFully(handle, target, this.#source.layout.fileOffset(piece) + offset)
        const after = identityOf(await handle.stat({ bigint: true }))
        return whole && sameIdentity(after, expected) ? target : undefined
      })
    } catch (error) {
      if (isNotPlain(error)) throw changed(path)
      throw readError(error, path)
    }
  }

  /**
   * Fills `target` with the whole block of a piece that is not wrapped, and hashes it.
   * @throws ShareError as {@link verified}
   */
  async readVerified(piece: PieceIndex, target: Uint8Array): Promise<void> {
    const whole = await this.#readData(piece, target)
    const { layout, places } = this.#source
    if (whole && equals(hashHere(target), layout.digest(piece))) return
    throw changed(places.path(layout.fileOf(piece)))
  }

  /**
   * The whole block, hashed. Sub-ranges of one piece cost one read and one hash together.
   * @returns a buffer that others see too: copy, do not change
   * @throws ShareError `storage.changed`, `storage.missing`, `storage.unreadable`
   */
  verified(piece: PieceIndex): Promise<Uint8Array> {
    return this.#cache.get(`${this.#source.poolKey}${piece}`, async () => {
      const file = this.#source.layout.fileOf(piece)
      const path = this.#source.places.path(file)
      const block = await this.#readBlock(piece)
      if (block === undefined || !(await this.#isRight(piece, block))) throw changed(path)
      return block
    })
  }

  /**
   * Whether the piece's bytes on disk are right; reads past all caches.
   * @throws ShareError `storage.unreadable` (a file that is gone is just not right)
   */
  async check(piece: PieceIndex): Promise<boolean> {
    try {
      const block = await this.#readBlock(piece)
      return block !== undefined && (await this.#isRight(piece, block))
    } catch (error) {
      const code = (error as { code?: unknown }).code
      if (code === 'storage.missing' || code === 'storage.changed' || code === 'storage.not-a-file')
        return false
      throw error
    }
  }

  /** Closes the pool's handle of a file, so that its path is looked up anew. */
  async reopen(file: number): Promise<void> {
    await this.#pool.drop(this.#key(file))
  }

  async #isRight(piece: PieceIndex, block: Uint8Array): Promise<boolean> {
    return equals(await this.#hasher(block), this.#source.layout.digest(piece))
  }

  /** Undefined when the file is too short, or when what stood around the data is not known. */
  async #readBlock(piece: PieceIndex): Promise<Uint8Array | undefined> {
    const { layout, wraps } = this.#source
    const wrap = wraps.get(piece)
    if (layout.isWrapped(piece) && wrap === undefined) return undefined
    const data = uninitialized(layout.dataSize(piece))
    if (!(await this.#readData(piece, data))) return undefined
    return wrap === undefined ? data : concat([wrap.prefix, data, wrap.suffix])
  }

  /** Fills `data` with a piece's bytes of its file; false when the file is too short. */
  async #readData(piece: PieceIndex, data: Uint8Array): Promise<boolean> {
    const { layout, places } = this.#source
    const file = layout.fileOf(piece)
    try {
      return await this.#pool.use(this.#key(file), this.#opener(file), (handle) =>
        readFully(handle, data, layout.fileOffset(piece))
      )
    } catch (error) {
      const path = places.path(file)
      if (isNotPlain(error)) throw changed(path)
      throw readError(error, path)
    }
  }

  #key(file: number): string {
    return `${this.#source.poolKey}${file}`
  }

  #opener(file: number): PoolOpener {
    return this.#source.opener(file) ?? readOpener(this.#source.places.path(file))
  }
}

function readOpener(path: string): PoolOpener {
  return { open: async () => (await openPlain(path, constants.O_RDONLY)).handle }
}

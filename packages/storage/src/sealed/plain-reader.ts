import { constants } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { PLAIN_PER_BLOCK, plainRanges, type SealedTree } from '@p2pshare/content'
import { forEachAtMost } from '../disk/at-most.ts'
import { changed, isNotPlain, readError } from '../disk/disk-error.ts'
import type { FilePool } from '../disk/file-pool.ts'
import { assertInside } from '../disk/folder.ts'
import { openPlain, readFully } from '../disk/plain-file.ts'
import type { Places } from '../store/places.ts'
import { sealBlock } from './seal.ts'

/** Files of one block that are read at once. */
const AT_ONCE = 8

let opened = 0

/** What a {@link PlainReader} reads. */
export interface PlainSource {
  readonly manifest: Uint8Array
  readonly tree: SealedTree
  readonly places: Places
  readonly pool: FilePool
}

/** Makes blocks of a private share of its manifest and its plain files, as they are asked for. */
export class PlainReader {
  readonly #source: PlainSource
  readonly poolKey: string

  constructor(source: PlainSource) {
    this.#source = source
    this.poolKey = `sealed${++opened}:`
  }

  /**
   * Reads and seals one block.
   * @param into - exactly one piece, filled
   * @throws ShareError `storage.missing`, `storage.changed`, `storage.unreadable`
   */
  async seal(key: Uint8Array, number: number, into: Uint8Array): Promise<void> {
    const { manifest, tree } = this.#source
    const start = number * PLAIN_PER_BLOCK
    into.fill(0)
    if (start < manifest.byteLength) into.set(manifest.subarray(start, start + PLAIN_PER_BLOCK))
    const ranges = plainRanges(tree, start, start + PLAIN_PER_BLOCK)
    await forEachAtMost(AT_ONCE, ranges, ({ file, offset, length, at }) =>
      this.#read(file, into.subarray(at, at + length), offset)
    )
    sealBlock(key, number, into)
  }

  /** Forgets open files, so that the next read looks their paths up anew. */
  async close(): Promise<void> {
    await this.#source.pool.dropAll(this.poolKey)
  }

  async #read(file: number, target: Uint8Array, offset: number): Promise<void> {
    const { places, pool } = this.#source
    const path = places.path(file)
    let whole: boolean
    try {
      const opener = { open: () => openInside(places, file) }
      whole = await pool.use(`${this.poolKey}${file}`, opener, (handle) => readFully(handle, target, offset))
    } catch (error) {
      if (isNotPlain(error)) throw changed(path)
      throw readError(error, path)
    }
    if (!whole) throw changed(path)
  }
}

/** No link on the way below the root may lead elsewhere. */
async function openInside(
  places: Places,
  file: number
): Promise<Awaited<ReturnType<typeof openPlain>>['handle']> {
  const { root, parts } = places.locate(file)
  const { handle } = await openPlain(places.path(file), constants.O_RDONLY)
  try {
    if (parts.length > 0) await assertInside(handle, await realpath(root), parts)
    else await assertInside(handle, await realpath(dirname(root)), [basename(root)])
    return handle
  } catch (error) {
    await handle.close()
    throw error
  }
}

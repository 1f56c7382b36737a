import { constants } from 'node:fs'
import { mkdir, realpath, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  contentError,
  decodeManifest,
  decodeManifestHeader,
  isContentFault,
  PIECE_SIZE,
  PLAIN_PER_BLOCK,
  type SealedTree,
  sealedBlockCount,
  type ShareLayout,
  wrongKey
} from '@p2pshare/content'
import { bytes, pieceIndex } from '@p2pshare/base'
import type { PieceStore } from '@p2pshare/ports'
import { assertInside, syncFolder } from '../disk/folder.ts'
import { openPlain, uninitialized, writeFully } from '../disk/plain-file.ts'
import { openBlock } from './seal.ts'

/** Opens the blocks of a private share that lie here, one after the other. */
export class CipherReader {
  readonly #store: PieceStore
  readonly #key: Uint8Array
  readonly #layout: ShareLayout
  readonly #buffer: Uint8Array = uninitialized(PIECE_SIZE)
  #block = -1
  #plain: Uint8Array = this.#buffer

  constructor(store: PieceStore, layout: ShareLayout, key: Uint8Array) {
    this.#store = store
    this.#layout = layout
    this.#key = key
  }

  /**
   * The manifest, checked as everything that a stranger made.
   * @throws ShareError `content.wrong-key`, `content.bad-name` …
   */
  async manifest(): Promise<{ manifest: Uint8Array; tree: SealedTree }> {
    const header = decodeManifestHeader(await this.#open(0))
    if (isContentFault(header)) throw contentError(header)
    if (sealedBlockCount(header.manifestSize + header.contentSize) !== this.#layout.pieceCount)
      throw wrongKey()
    const manifest = new Uint8Array(header.manifestSize)
    await this.read(0, manifest.byteLength, async (part, at) => manifest.set(part, at))
    const tree = decodeManifest(manifest)
    if (isContentFault(tree)) throw contentError(tree)
    return { manifest, tree }
  }

  /**
   * Hands over plain bytes from `start` on, in parts that are valid during the call.
   * @throws ShareError `content.wrong-key` when a tag is not right
   */
  async read(
    start: number,
    length: number,
    take: (part: Uint8Array, at: number) => Promise<void>
  ): Promise<void> {
    for (let done = 0; done < length; ) {
      const block = Math.floor((start + done) / PLAIN_PER_BLOCK)
      const from = (start + done) % PLAIN_PER_BLOCK
      const part = (await this.#open(block)).subarray(from, from + length - done)
      await take(part, done)
      done += part.byteLength
    }
  }

  async #open(block: number): Promise<Uint8Array> {
    if (block === this.#block) return this.#plain
    this.#block = -1
    const sealed = await this.#store.read(pieceIndex(block), bytes(0), bytes(PIECE_SIZE), this.#buffer)
    const plain = openBlock(this.#key, block, sealed)
    if (plain === undefined) throw wrongKey()
    this.#block = block
    this.#plain = plain
    return plain
  }
}

/**
 * Writes the plain files below `root`, which is made anew, and makes them durable.
 * @throws the system's errors, `content.wrong-key`
 */
export async function writePlain(reader: CipherReader, tree: SealedTree, root: string): Promise<void> {
  // Left by a run that was killed; only this share ever had that name.
  await rm(root, { recursive: true, force: true })
  // Paths are made one at a time: a stranger's may be long, and very many.
  if (tree.kind === 'folder') {
    await mkdir(root, 0o755)
    for (const { diskPath } of tree.folders) await mkdir(join(root, ...diskPath), 0o755)
  }
  const realRoot = tree.kind === 'folder' ? await realpath(root) : undefined
  for (const { diskPath, offset, size } of tree.files) {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
    const { handle } = await openPlain(join(root, ...diskPath), flags)
    try {
      if (realRoot !== undefined) await assertInside(handle, realRoot, diskPath)
      await reader.read(offset, size, (part, at) => writeFully(handle, part, at))
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
  if (tree.kind === 'folder') {
    for (let i = tree.folders.length - 1; i >= 0; i--)
      await syncFolder(join(root, ...(tree.folders[i]?.diskPath ?? [])))
    await syncFolder(root)
  }
  await syncFolder(dirname(root))
}

import {
  Bitfield,
  type Bytes,
  invariant,
  isShareError,
  type PieceIndex,
  pieceIndex,
  printable,
  ShareError
} from '@p2pshare/base'
import {
  contentError,
  decodeManifest,
  isContentFault,
  PIECE_SIZE,
  PLAIN_PER_BLOCK,
  type SealedEntry,
  type SealedTree,
  type ShareLayout
} from '@p2pshare/content'
import type { FileIdentity, PieceStore } from '@p2pshare/ports'
import { equals } from 'uint8arrays'
import { forEachAtMost } from '../disk/at-most.ts'
import { changed, missing } from '../disk/disk-error.ts'
import { type Identity, identityOf, sameIdentity } from '../disk/identity.ts'
import { IdentityTable } from '../disk/identity-table.ts'
import { statPath, uninitialized } from '../disk/plain-file.ts'
import { hashHere } from '../hasher.ts'
import type { StoreContext } from '../store/context.ts'
import { placeOf } from '../several/root-records.ts'
import { findPlaces, type Places } from '../store/places.ts'
import { PlainReader } from './plain-reader.ts'
import { contentKey } from './seal.ts'
import type { SealedSourceRecord } from './sealed-records.ts'

/** Blocks or files looked at side by side. */
const AT_ONCE = 4

/**
 * A private share whose plain files lie here: each block is sealed when it is asked for. A block leaves only when it
 * is the one that the share's hash names; so a file that was changed, whatever its times say, never puts a second
 * text under a nonce that was used before.
 */
export class SealedSource implements PieceStore {
  readonly have: Bitfield
  readonly #cid: string
  readonly #layout: ShareLayout
  readonly #context: StoreContext
  readonly #tree: SealedTree
  readonly #places: Places
  readonly #reader: PlainReader
  readonly #key: Uint8Array
  /** What the catalogue says of files and pieces. */
  readonly #identities: IdentityTable
  readonly #durable: Bitfield

  private constructor(parts: {
    cid: string
    layout: ShareLayout
    secret: Uint8Array
    context: StoreContext
    tree: SealedTree
    manifest: Uint8Array
    places: Places
    identities: IdentityTable
  }) {
    const { cid, layout, context, tree, manifest, places } = parts
    this.#cid = cid
    this.#layout = layout
    this.#context = context
    this.#tree = tree
    this.#places = places
    this.#identities = parts.identities
    this.#key = contentKey(parts.secret)
    this.#reader = new PlainReader({ manifest, tree, places, pool: context.pool })
    this.#durable = context.catalogue.have(cid, layout.pieceCount)
    this.have = new Bitfield(layout.pieceCount)
  }

  /**
   * Blocks count when their files are what the catalogue says; those of other files are sealed and hashed first.
   * @throws ShareError `content.bad-block` when the catalogue's manifest is damaged
   */
  static async open(
    cid: string,
    layout: ShareLayout,
    { path, manifest }: SealedSourceRecord,
    { secret, context }: { secret: Uint8Array; context: StoreContext }
  ): Promise<SealedSource> {
    const tree = decodeManifest(manifest)
    if (isContentFault(tree)) throw contentError(tree)
    const identities = new IdentityTable(tree.files.length, context.catalogue.identities(cid))
    const places = await findPlaces(placeOf(context.catalogue, { cid, path }), tree, identities)
    const source = new SealedSource({ cid, layout, secret, context, tree, manifest, places, identities })
    await source.#claim()
    return source
  }

  async read(piece: PieceIndex, offset: Bytes, length: Bytes, into?: Uint8Array): Promise<Uint8Array> {
    invariant(offset >= 0 && length > 0 && offset + length <= PIECE_SIZE, `read of ${offset}+${length}`)
    if (!this.have.has(piece)) throw missing(this.#pathOf(piece))
    const target = into ?? uninitialized(length)
    const key = `${this.#reader.poolKey}${piece}`
    try {
      const block = await this.#context.cache.get(key, () => this.#sealed(piece))
      target.set(block.subarray(offset, offset + length))
      return target
    } catch (error) {
      if (isShareError(error, 'storage.changed')) this.#disown(piece)
      throw error
    }
  }

  async write(): Promise<void> {
    throw new ShareError({
      code: 'storage.write-failed',
      fault: 'disk',
      message: `${printable(this.#places.root)} is not being downloaded, so nothing is written to it`,
      hint: 'Remove the share and fetch it again to another place.',
      detail: { path: this.#places.root, errno: 'EROFS' }
    })
  }

  async flush(): Promise<void> {}

  async place(): Promise<void> {}

  strayed(): undefined {
    return undefined
  }

  async finish(): Promise<string> {
    return this.#places.root
  }

  async verify(onProgress?: (done: number, total: number) => void, signal?: AbortSignal): Promise<void> {
    const before = await this.#look()
    await this.#reader.close()
    let done = 0
    await forEachAtMost(AT_ONCE, this.#pieces(), async (piece) => {
      signal?.throwIfAborted()
      if (await this.#isRight(piece)) this.have.set(piece)
      else this.have.clear(piece)
      onProgress?.(++done, this.#layout.pieceCount)
    })
    await this.#confirm(before)
    this.#mark()
  }

  async close(): Promise<void> {
    await this.#reader.close()
  }

  async #claim(): Promise<void> {
    const seen = await this.#look()
    const { doubtful, absent } = this.#doubts(seen)
    for (const piece of this.#pieces()) {
      if (this.#durable.has(piece) && !doubtful.has(piece) && !absent.has(piece)) this.have.set(piece)
    }
    // What is away may come back (a disk that is not mounted): the catalogue keeps its claim.
    const toCheck = [...doubtful].filter((piece) => !absent.has(piece))
    if (toCheck.length === 0) return
    await forEachAtMost(AT_ONCE, toCheck, async (piece) => {
      if (await this.#isRight(piece)) this.have.set(piece)
    })
    for (const piece of toCheck) if (!this.have.has(piece)) this.#durable.clear(piece)
    await this.#confirm(seen)
    this.#context.catalogue.putHave(this.#cid, this.#durable)
  }

  /** Blocks with bytes of files that are not what the catalogue says, and of files that are not there. */
  #doubts(seen: ReadonlyMap<number, Identity>): { doubtful: Set<PieceIndex>; absent: Set<PieceIndex> } {
    const doubtful = new Set<PieceIndex>()
    const absent = new Set<PieceIndex>()
    for (const [file, entry] of this.#tree.files.entries()) {
      const known = this.#identities.get(file)
      const now = seen.get(file)
      if (known !== undefined && now !== undefined && sameIdentity(known, now)) continue
      for (const piece of blocksOf(entry)) (now === undefined ? absent : doubtful).add(piece)
    }
    return { doubtful, absent }
  }

  /** The block, if it is the one that the share's hash names; a file that was put back is looked up once more. */
  async #sealed(piece: PieceIndex): Promise<Uint8Array> {
    const block = uninitialized(PIECE_SIZE)
    for (let attempt = 0; attempt < 2; attempt++) {
      if (attempt > 0) await this.#reader.close()
      const whole = await this.#fill(piece, block, attempt > 0)
      if (whole && equals(hashHere(block), this.#layout.digest(piece))) return block
    }
    throw changed(this.#pathOf(piece))
  }

  async #fill(piece: PieceIndex, block: Uint8Array, isLast: boolean): Promise<boolean> {
    try {
      await this.#reader.seal(this.#key, piece, block)
      return true
    } catch (error) {
      if (isLast || !isShareError(error, 'storage.changed')) throw error
      return false
    }
  }

  async #isRight(piece: PieceIndex): Promise<boolean> {
    try {
      await this.#sealed(piece)
      return true
    } catch (error) {
      if (isShareError(error, 'storage.missing') || isShareError(error, 'storage.changed')) return false
      throw error
    }
  }

  /** What the files look like now; those that are not there are left out. */
  async #look(): Promise<Map<number, Identity>> {
    const seen = new Map<number, Identity>()
    await forEachAtMost(AT_ONCE * 4, this.#tree.files.keys(), async (file) => {
      const stat = await statPath(this.#places.path(file))
      if (stat?.isFile() === true) seen.set(file, identityOf(stat))
    })
    return seen
  }

  /** Records files that are right and were not touched while that was found out. */
  async #confirm(before: Map<number, Identity>): Promise<void> {
    const after = await this.#look()
    const confirmed: FileIdentity[] = []
    for (const [file, entry] of this.#tree.files.entries()) {
      const identity = after.get(file)
      const was = before.get(file)
      if (identity === undefined || was === undefined || !sameIdentity(was, identity)) continue
      if (!blocksOf(entry).every((piece) => this.have.has(piece))) continue
      this.#identities.set(file, identity)
      confirmed.push({ file, ...identity })
    }
    this.#context.catalogue.putIdentities(this.#cid, confirmed)
  }

  #mark(): void {
    for (const piece of this.#pieces()) {
      if (this.have.has(piece)) this.#durable.set(piece)
      else this.#durable.clear(piece)
    }
    this.#context.catalogue.putHave(this.#cid, this.#durable)
  }

  #disown(piece: PieceIndex): void {
    this.have.clear(piece)
    if (this.#durable.clear(piece)) this.#context.catalogue.putHave(this.#cid, this.#durable)
  }

  *#pieces(): Generator<PieceIndex> {
    for (let piece = 0; piece < this.#layout.pieceCount; piece++) yield pieceIndex(piece)
  }

  /** The first file of a block, to name in an error. */
  #pathOf(piece: PieceIndex): string {
    const start = piece * PLAIN_PER_BLOCK
    const file = this.#tree.files.findIndex(({ offset, size }) => offset + size > start)
    return file === -1 ? this.#places.root : this.#places.path(file)
  }
}

/** The blocks that hold bytes of a file. */
function blocksOf({ offset, size }: SealedEntry): PieceIndex[] {
  if (size === 0) return []
  const first = Math.floor(offset / PLAIN_PER_BLOCK)
  const last = Math.floor((offset + size - 1) / PLAIN_PER_BLOCK)
  return Array.from({ length: last - first + 1 }, (_, i) => pieceIndex(first + i))
}

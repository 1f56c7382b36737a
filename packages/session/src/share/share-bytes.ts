import { Bitfield, pieceIndex, ShareError } from '@p2pshare/base'
import { type ShareLayout, withoutIndex } from '@p2pshare/content'
import type { PieceStore, ShareRecord } from '@p2pshare/ports'
import { diskOffline } from '../away/held-errors.ts'
import { BlockCache, type LentBytes } from '../serving/block-cache.ts'
import { MANY_FILES, type NodeParts } from '../node-parts.ts'
import type { PieceRange } from '../peers/participant.ts'
import { loadLayout } from './share-layouts.ts'
import { ShareProgress } from './share-progress.ts'
import type { SpaceJob } from '../space/space-keeper.ts'

/** What of a share is wanted, as far as its bytes are concerned. */
export interface BytesWished {
  /** Whether a file is wanted, by its index in the layout's `files`. */
  wants(file: number): boolean
}

/** A share's layout and its store on disk, each made when first needed. */
export class ShareBytes {
  readonly #parts: NodeParts
  readonly #record: ShareRecord
  readonly #wished: BytesWished
  readonly #blocks = new BlockCache()
  readonly #reads = new Set<Promise<LentBytes>>()
  #finishing: Promise<void> | undefined
  #layout: ShareLayout | undefined
  #progress: ShareProgress | undefined
  #store: PieceStore | undefined
  #opening: Promise<PieceStore> | undefined
  #leave = new AbortController()
  #looked: number | undefined

  constructor(parts: NodeParts, record: ShareRecord, wished: BytesWished) {
    this.#parts = parts
    this.#record = record
    this.#wished = wished
  }

  /** Content bytes at the target that were compared with the share; undefined while nothing is. */
  get looked(): number | undefined {
    return this.#looked
  }

  /** The layout if the index is complete. */
  get layout(): ShareLayout | undefined {
    if (this.#layout === undefined) {
      const layout = loadLayout(this.#parts.catalogue, this.#record)
      if (layout !== undefined) this.adopt(layout)
    }
    return this.#layout
  }

  /** Pieces on disk and verified; undefined while the index or the store is not open. */
  get have(): Bitfield | undefined {
    return this.#store?.have ?? (this.#record.complete ? Bitfield.full(this.#record.pieces) : undefined)
  }

  /** Content bytes on disk and verified. */
  get done(): number {
    if (this.#record.complete && this.#store?.have.isFull !== false) return this.#record.size
    return this.#store === undefined || this.#progress === undefined
      ? 0
      : this.#progress.done(this.#store.have)
  }

  /** Takes the layout of an index that is in the catalogue by now. */
  adopt(whole: ShareLayout): void {
    const layout = withoutIndex(whole)
    if (layout.files.length >= MANY_FILES) this.#parts.onManyFiles?.()
    this.#layout = layout
    this.#progress = new ShareProgress(layout)
  }

  /**
   * The store, opened when it is not.
   * @throws ShareError `session.index-missing`, `storage.offline`, and what `ShareFiles.open` throws
   */
  open(): Promise<PieceStore> {
    if (this.#store !== undefined) return Promise.resolve(this.#store)
    // One that was ended is waited for: it may be about to move files.
    if (this.#opening !== undefined && this.#leave.signal.aborted)
      return this.#opening.catch(() => undefined).then(() => this.open())
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined
    })
    return this.#opening
  }

  /**
   * Opens the store of a fetch, if there is room for what is missing; that is reserved from then on.
   * @param rootPiece - the block of a share that is one block, which came as its index
   * @throws ShareError as {@link open}, `storage.disk-full`, as `PieceStore.write` and `PieceStore.strayed`
   */
  async openForFetch(rootPiece: Uint8Array | undefined, job: SpaceJob): Promise<PieceStore> {
    const { space, catalogue, mounts } = this.#parts
    const { cid, path } = this.#record
    const store = await this.open().finally(() => {
      this.#record.partPath = catalogue.share(cid)?.partPath
    })
    const strayed = store.strayed((file) => this.#wished.wants(file))
    if (strayed !== undefined) throw strayed
    await mounts.remember(cid, [path, this.#record.partPath ?? path])
    if (!store.have.isFull) await space.admit(job)
    if (rootPiece !== undefined && !store.have.has(0)) await store.write(pieceIndex(0), rootPiece)
    return store
  }

  /** Opens the store of a complete share ahead of the first read; a failure is met again there. */
  prepare(): void {
    if (this.#record.complete && this.#store === undefined) this.open().catch(() => undefined)
  }

  /**
   * Reads for a peer.
   * @param into - the caller's buffer, of the range's length, to be filled and answered: for one of many small blocks
   * @throws ShareError as {@link open} and `PieceStore.read`
   */
  async read(range: PieceRange, into?: Uint8Array): Promise<LentBytes> {
    while (this.#finishing !== undefined) await this.#finishing
    const store = this.#store ?? (await this.open())
    const size = this.layout?.blockSize(range.piece) ?? range.length
    const reading =
      into === undefined
        ? this.#blocks.range(range, size, (part, buffer) =>
            store.read(part.piece, part.offset, part.length, buffer)
          )
        : readInto(store, range, into)
    this.#reads.add(reading)
    return reading.finally(() => this.#reads.delete(reading))
  }

  /**
   * Gives the download its final name. Reads under way end before, later ones wait: a file that is
   * renamed while somebody opens it looks like one that was tampered with.
   * @param onProgress - pieces that were copied to the disk of the target, where the download lies on another one
   * @throws ShareError as `PieceStore.finish`
   */
  async finish(onProgress: (done: number, total: number) => void): Promise<void> {
    await (await this.open()).bringHome(onProgress)
    return this.#withoutReads((store) => store.finish())
  }

  /**
   * Gives complete files their final names ahead of the rest; reads wait as with {@link finish}.
   * @throws ShareError as `PieceStore.place`
   */
  place(files: Iterable<number>): Promise<void> {
    return this.#withoutReads((store) => store.place(files))
  }

  async #withoutReads(work: (store: PieceStore) => Promise<unknown>): Promise<void> {
    const store = await this.open()
    while (this.#finishing !== undefined) await this.#finishing
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#finishing = promise
    try {
      await Promise.allSettled([...this.#reads])
      await work(store)
    } finally {
      this.#finishing = undefined
      resolve()
    }
  }

  /** Flushes and closes the files; the next `open` opens them anew. */
  async close(): Promise<void> {
    this.stopOpening()
    const store = this.#store ?? (await this.#opening?.catch(() => undefined))
    this.#store = undefined
    await store?.close()
  }

  /** Ends comparing what is at the target, which begins anew with the next {@link open}. */
  stopOpening(): void {
    if (this.#opening !== undefined) this.#leave.abort()
  }

  async #open(): Promise<PieceStore> {
    const layout = this.layout
    if (layout === undefined) {
      throw new ShareError({
        code: 'session.index-missing',
        fault: 'daemon',
        message: 'the share has no complete index yet',
        hint: 'Wait until its index is fetched.'
      })
    }
    const { cid, complete, path } = this.#record
    // Before anything is made where a disk should be mounted.
    const mount = complete ? undefined : await this.#parts.mounts.away(cid)
    if (mount !== undefined) throw diskOffline(path, `no disk is mounted at ${mount}`)
    this.#leave = new AbortController()
    try {
      this.#store = await this.#parts.files.open(cid, layout, {
        signal: this.#leave.signal,
        onLooked: (bytes) => {
          this.#looked = (this.#looked ?? 0) + bytes
        },
        wants: (file) => this.#wished.wants(file)
      })
    } finally {
      this.#looked = undefined
    }
    return this.#store
  }
}

async function readInto(
  store: PieceStore,
  { piece, offset, length }: PieceRange,
  into: Uint8Array
): Promise<LentBytes> {
  const content = await store.read(piece, offset, length, into)
  if (content !== into) into.set(content)
  return { bytes: into, giveBack() {} }
}

import {
  type Bitfield,
  type Bytes,
  invariant,
  isShareError,
  type PieceIndex,
  printable,
  ShareError
} from '@p2pshare/base'
import { isContentFault, unwrapLeaf } from '@p2pshare/content'
import type { FileIdentity, PieceStore, PieceWrap } from '@p2pshare/ports'
import { missing, strayedChanged, writeError } from '../disk/disk-error.ts'
import { uninitialized } from '../disk/plain-file.ts'
import { bringHome, isElsewhere } from './bring-home.ts'
import { finishDownload } from './finish.ts'
import type { PartFiles } from './part-files.ts'
import { placeFiles } from './place-files.ts'
import { piecesOf } from './recheck.ts'
import type { ShareOnDisk } from './share-state.ts'
import { verifyShare } from './verify-share.ts'
import { type UnmarkedFile, WriteBatch } from './write-batch.ts'

/** The bytes of one share on disk. Opened by `ShareFiles.open`. */
export class DiskPieceStore implements PieceStore {
  readonly #share: ShareOnDisk
  readonly #batch: WriteBatch
  /** Endgame: the same piece may come twice at once. */
  readonly #writing = new Map<PieceIndex, Promise<void>>()
  /** Flushes and what must not meet one, one after the other. */
  #turn: Promise<void> = Promise.resolve()
  /** Why a flush by the timer failed; told to the next writer. */
  #failure: ShareError | undefined
  #closed = false
  /** Ends when no files are given their final names; until then nothing new is written. */
  #placing: Promise<void> = Promise.resolve()

  constructor(share: ShareOnDisk) {
    this.#share = share
    this.#batch = new WriteBatch(share.context.clock, () => this.#flushByTimer())
  }

  get have(): Bitfield {
    return this.#share.have
  }

  async read(piece: PieceIndex, offset: Bytes, length: Bytes, into?: Uint8Array): Promise<Uint8Array> {
    const { layout, have, reader, identities, places } = this.#share
    invariant(piece >= 0 && piece < layout.pieceCount, `read of piece ${piece} of ${layout.pieceCount}`)
    const size = layout.blockSize(piece)
    invariant(
      offset >= 0 && length > 0 && offset + length <= size,
      `read of ${offset}+${length} of ${size} bytes`
    )
    invariant(into === undefined || into.byteLength === length, `a buffer of another length than ${length}`)
    const file = layout.fileOf(piece)
    if (!have.has(piece)) throw missing(places.path(file))
    const identity =
      this.#share.isAtPlace(file) && !layout.isWrapped(piece) ? identities.get(file) : undefined
    if (identity !== undefined) {
      const trusted = await reader.readUnchanged(piece, offset, into ?? uninitialized(length), identity)
      if (trusted !== undefined) return trusted
      await reader.reopen(file)
    }
    // Also while downloading: our own writes change the part file's times all along.
    const target = into ?? uninitialized(length)
    await this.#verifiedOrDisown(piece, async () => {
      if (length === size && !layout.isWrapped(piece)) await reader.readVerified(piece, target)
      else target.set((await reader.verified(piece)).subarray(offset, offset + length))
    })
    return target
  }

  async #verifiedOrDisown(piece: PieceIndex, read: () => Promise<void>): Promise<void> {
    try {
      await read()
    } catch (error) {
      if (isShareError(error, 'storage.changed')) this.#share.disown(piece)
      throw error
    }
  }

  write(piece: PieceIndex, block: Uint8Array): Promise<void> {
    const running = this.#writing.get(piece)
    if (running !== undefined) return running
    const writing = this.#write(piece, block).finally(() => this.#writing.delete(piece))
    this.#writing.set(piece, writing)
    return writing
  }

  async #write(piece: PieceIndex, block: Uint8Array): Promise<void> {
    await this.#placing
    const { layout, have, parts } = this.#share
    invariant(piece >= 0 && piece < layout.pieceCount, `write of piece ${piece} of ${layout.pieceCount}`)
    if (have.has(piece)) return
    this.#throwFailure()
    this.#requireUnplaced(layout.fileOf(piece))
    if (parts === undefined || this.#closed) throw notWritable(this.#share.places.root)
    const { data, wrap } = this.#unwrap(piece, block)
    await this.#share.context.room.take(this.#share.places.root, data.byteLength)
    const file = layout.fileOf(piece)
    await parts.write(file, data, layout.fileOffset(piece))
    if (wrap !== undefined) this.#share.wraps.set(piece, wrap)
    have.set(piece)
    this.#batch.add(file, piece, data.byteLength, wrap)
    if (this.#batch.isLarge) await this.flush()
  }

  /** A file that has its final name was complete: what is not right there by now is the user's. */
  #requireUnplaced(file: number): void {
    const { placed, places } = this.#share
    if (placed?.has(file) !== true) return
    const path = places.path(file)
    throw placed.trouble(file, path) ?? strayedChanged(path)
  }

  #unwrap(piece: PieceIndex, block: Uint8Array): { data: Uint8Array; wrap: PieceWrap | undefined } {
    const { layout } = this.#share
    if (block.byteLength !== layout.blockSize(piece)) throw contentMismatch(piece, 'its length is wrong')
    if (!layout.isWrapped(piece)) return { data: block, wrap: undefined }
    const leaf = unwrapLeaf(block, layout.dataSize(piece))
    if (isContentFault(leaf))
      throw contentMismatch(piece, 'its bytes are no leaf of the kind that the index says')
    // Copies, as the block goes back to its owner; `slice` of a Buffer would be a view.
    const wrap = { piece, prefix: new Uint8Array(leaf.prefix), suffix: new Uint8Array(leaf.suffix) }
    return { data: leaf.data, wrap }
  }

  flush(): Promise<void> {
    return this.#inTurn(() => this.#flushNow())
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work)
    this.#turn = result.then(
      () => undefined,
      () => undefined
    )
    return result
  }

  async #flushNow(): Promise<void> {
    const { parts } = this.#share
    const taken = this.#batch.take()
    if (parts === undefined || taken.size === 0) return
    const { synced, failed } = await parts.sync([...taken.keys()])
    for (const [file, error] of failed) {
      await this.#void(parts, file, taken.get(file)?.pieces ?? [], error)
      taken.delete(file)
    }
    await this.#markSynced(parts, taken, synced)
    for (const error of failed.values()) throw error
  }

  /** A failed sync: nobody knows which of the fresh bytes are on disk, so none of them count. */
  async #void(
    parts: PartFiles,
    file: number,
    pieces: readonly PieceIndex[],
    error: ShareError
  ): Promise<void> {
    const { layout, have, durable, context, places } = this.#share
    for (const piece of pieces) have.clear(piece)
    context.room.distrust(places.root)
    if (!isShareError(error, 'storage.missing')) return
    for (const piece of piecesOf(layout, file)) {
      have.clear(piece)
      durable.clear(piece)
    }
    this.#share.mark([])
    await parts.forget(file)
  }

  async #markSynced(
    parts: PartFiles,
    files: Map<number, UnmarkedFile>,
    synced: FileIdentity[]
  ): Promise<void> {
    const { durable } = this.#share
    try {
      await parts.syncFolders()
      for (const { pieces } of files.values()) for (const piece of pieces) durable.set(piece)
      this.#share.mark(
        synced,
        [...files.values()].flatMap(({ wraps }) => wraps)
      )
    } catch (error) {
      // The bytes are durable, only the mark is missing: the next flush tries again.
      for (const { pieces } of files.values()) for (const piece of pieces) durable.clear(piece)
      this.#batch.putBack(files)
      throw error
    }
  }

  #flushByTimer(): void {
    this.flush().catch((error: unknown) => {
      this.#failure = writeError(error, this.#share.places.root)
      this.#share.context.log.warn({ share: this.#share.cid, error }, 'a flush failed')
    })
  }

  #throwFailure(): void {
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) throw failure
  }

  bringHome(onProgress?: (done: number, total: number) => void): Promise<void> {
    return this.#inTurn(async () => {
      const { context, cid, parts } = this.#share
      const target = context.catalogue.share(cid)?.path
      if (parts === undefined || target === undefined) return
      await this.#flushNow()
      try {
        await bringHome(this.#share, parts, target, (done, total) => {
          if (this.#closed) throw notWritable(target)
          onProgress?.(done, total)
        })
      } catch (error) {
        throw writeError(error, target)
      }
    })
  }

  place(files: Iterable<number>): Promise<void> {
    const work = this.#inTurn(async () => {
      const { context, cid, parts } = this.#share
      await this.#flushNow()
      const target = context.catalogue.share(cid)?.path
      if (parts === undefined || target === undefined) return
      // On another disk than their target they get their names all at once, at the end.
      if (await isElsewhere(this.#share.places.root, target)) return
      await placeFiles(this.#share, parts, { target, files, isQuiet: () => this.#writing.size === 0 })
    })
    this.#placing = work.catch(() => undefined)
    return work
  }

  strayed(isMeant: (file: number) => boolean): ShareError | undefined {
    const { placed, places } = this.#share
    for (const file of placed?.strayed.keys() ?? [])
      if (isMeant(file)) return placed?.trouble(file, places.path(file))
    return undefined
  }

  async finish(): Promise<string> {
    await this.bringHome()
    return this.#inTurn(async () => {
      const { context, cid, parts, places, have } = this.#share
      if (parts === undefined) return places.root
      await this.#flushNow()
      const target = context.catalogue.share(cid)?.path
      invariant(target !== undefined && have.isFull, `finish with ${have.count} of ${have.length} pieces`)
      try {
        await finishDownload(this.#share, parts, target)
      } catch (error) {
        throw writeError(error, target)
      }
      return target
    })
  }

  verify(onProgress?: (done: number, total: number) => void, signal?: AbortSignal): Promise<void> {
    return this.#inTurn(async () => {
      await this.#flushNow()
      await verifyShare(this.#share, onProgress, signal)
    })
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    try {
      await Promise.allSettled(this.#writing.values())
      await this.flush()
    } finally {
      this.#batch.take()
      this.#share.context.room.leave(this.#share.places.root)
      await this.#share.context.pool.dropAll(this.#share.poolKey)
    }
  }
}

function contentMismatch(piece: PieceIndex, why: string): ShareError {
  return new ShareError({
    code: 'storage.content-mismatch',
    fault: 'content',
    message: `piece ${piece} does not fit its share: ${why}`,
    hint: 'The index of this share is not sound; ask whoever made it to seed it again.',
    detail: { piece }
  })
}

function notWritable(path: string): ShareError {
  return new ShareError({
    code: 'storage.write-failed',
    fault: 'disk',
    message: `${printable(path)} is not being downloaded, so nothing is written to it`,
    hint: 'Remove the share and fetch it again to another place.',
    detail: { path, errno: 'EROFS' }
  })
}

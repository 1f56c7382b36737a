import { Bitfield, type Bytes, type PieceIndex, ShareError } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { PieceStore } from '@p2pshare/ports'

/** Blocks that outlive a {@link MemoryPieceStore}, as a disk outlives a process. */
export type MemoryDisk = Map<PieceIndex, Uint8Array>

/** A piece store in memory, with switches for a disk that fails. */
export class MemoryPieceStore implements PieceStore {
  readonly have: Bitfield
  /** What {@link finish} answers. */
  readonly path: string
  /** Set to make the next writes fail with it. */
  writeFailure: ShareError | undefined
  /** Set to make the next reads fail with it. */
  readFailure: ShareError | undefined
  finished = false
  /** Files that got their final name ahead of the rest. */
  readonly placed = new Set<number>()
  /** Files that {@link strayed} tells of. */
  readonly strays = new Map<number, ShareError>()
  readonly #layout: ShareLayout
  readonly #disk: MemoryDisk
  readonly #unflushed: MemoryDisk = new Map()

  constructor(layout: ShareLayout, options: { path?: string; disk?: MemoryDisk } = {}) {
    this.#layout = layout
    this.#disk = options.disk ?? new Map()
    this.path = options.path ?? '/memory'
    this.have = new Bitfield(layout.pieceCount)
    for (const piece of this.#disk.keys()) this.have.set(piece)
  }

  async read(piece: PieceIndex, offset: Bytes, length: Bytes): Promise<Uint8Array> {
    if (this.readFailure !== undefined) throw this.readFailure
    const block = this.#unflushed.get(piece) ?? this.#disk.get(piece)
    if (block === undefined || !this.have.has(piece))
      throw failure('storage.missing', `piece ${piece} is not there`)
    if (offset + length > block.byteLength) throw failure('base.invariant', 'read past the end of a piece')
    return block.slice(offset, offset + length)
  }

  async write(piece: PieceIndex, block: Uint8Array): Promise<void> {
    if (this.writeFailure !== undefined) throw this.writeFailure
    if (block.byteLength !== this.#layout.blockSize(piece)) {
      throw failure('storage.content-mismatch', `piece ${piece} has the wrong length`)
    }
    if (this.have.has(piece)) return
    this.#unflushed.set(piece, block.slice())
    this.have.set(piece)
  }

  async flush(): Promise<void> {
    for (const [piece, block] of this.#unflushed) this.#disk.set(piece, block)
    this.#unflushed.clear()
  }

  async bringHome(): Promise<void> {}

  async place(files: Iterable<number>): Promise<void> {
    await this.flush()
    for (const file of files) {
      const { firstPiece, pieceCount } = this.#layout.files.at(file) ?? { firstPiece: 0, pieceCount: 0 }
      const pieces = Array.from({ length: pieceCount }, (_, i) => firstPiece + i)
      if (pieces.every((piece) => this.have.has(piece))) this.placed.add(file)
    }
  }

  strayed(isMeant: (file: number) => boolean): ShareError | undefined {
    return [...this.strays].find(([file]) => isMeant(file))?.[1]
  }

  async finish(): Promise<string> {
    if (!this.have.isFull) throw failure('base.invariant', 'finish before the last piece')
    await this.flush()
    this.finished = true
    return this.path
  }

  async verify(onProgress?: (done: number, total: number) => void, signal?: AbortSignal): Promise<void> {
    await this.flush()
    for (let piece = 0; piece < this.#layout.pieceCount; piece++) {
      signal?.throwIfAborted()
      onProgress?.(piece + 1, this.#layout.pieceCount)
    }
  }

  async close(): Promise<void> {
    await this.flush()
  }
}

function failure(code: string, message: string): ShareError {
  return new ShareError({ code, fault: 'disk', message })
}

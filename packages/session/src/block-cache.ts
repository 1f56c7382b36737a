import { bytes, MiB, type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { PieceRange } from './participant.ts'

/** Bytes of blocks kept; peers ask for a block's ranges one right after the other. */
const MOST = 16 * MiB
/** Ranges shorter than this are read alone, so that small requests cannot make us read much. */
const WORTH = 64 * 1024

/**
 * Reads whole blocks for peers that ask for them range by range: one look at the disk instead of
 * four a MiB. A block was checked when it was read and its bytes are named by their hash, so what
 * is kept here stays right whatever happens to the file.
 */
export class BlockCache {
  readonly #blocks = new Map<PieceIndex, Promise<Uint8Array>>()
  #size = 0

  /**
   * Bytes of a range; a view that others see too and nobody may change.
   * @param blockSize - length of the whole block
   * @param read - reads a range from the store
   */
  async range(
    { piece, offset, length }: PieceRange,
    blockSize: number,
    read: (range: PieceRange) => Promise<Uint8Array>
  ): Promise<Uint8Array> {
    if (length < WORTH || length === blockSize) return read({ piece, offset, length })
    const block = await this.#block(piece, blockSize, read)
    return block.subarray(offset, offset + length)
  }

  #block(
    piece: PieceIndex,
    size: number,
    read: (range: PieceRange) => Promise<Uint8Array>
  ): Promise<Uint8Array> {
    const present = this.#blocks.get(piece)
    if (present !== undefined) return present
    const block = read({ piece: pieceIndex(piece), offset: bytes(0), length: bytes(size) })
    this.#blocks.set(piece, block)
    this.#size += size
    for (const oldest of this.#blocks.keys()) {
      if (this.#size <= MOST || oldest === piece) break
      this.#blocks.delete(oldest)
      this.#size -= size
    }
    // A failed read is not kept: the next request looks again.
    block.catch(() => {
      if (this.#blocks.get(piece) !== block) return
      this.#blocks.delete(piece)
      this.#size -= size
    })
    return block
  }
}

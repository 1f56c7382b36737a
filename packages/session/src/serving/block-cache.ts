import { bytes, MiB, type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { PieceRange } from '../peers/participant.ts'

/** Bytes of blocks kept; peers ask for a block's ranges one right after the other. */
const MOST = 16 * MiB
/** Ranges shorter than this are read alone, so that small requests cannot make us read much. */
const WORTH = 64 * 1024
/** Buffers that wait for the next block. */
const SPARE_BUFFERS = 4

/** Bytes read for a peer: a view that others may see too, and nobody may change. */
export interface LentBytes {
  readonly bytes: Uint8Array
  /**
   * Says that the bytes are looked at no more, and may be overwritten; at most once. Who can't be sure does not
   * say it: that only costs the buffer its next use.
   */
  giveBack(): void
}

/** Reads a range from the store, into `into` where the store can; see `PieceStore.read`. */
export type ReadRange = (range: PieceRange, into?: Uint8Array) => Promise<Uint8Array>

interface Block {
  readonly size: number
  readonly content: Promise<Uint8Array>
  users: number
  evicted: boolean
}

/**
 * Reads whole blocks for peers that ask for them range by range: one look at the disk instead of
 * four a MiB. A block was checked when it was read and its bytes are named by their hash, so what
 * is kept here stays right whatever happens to the file. Buffers of blocks that left are used again.
 */
export class BlockCache {
  readonly #blocks = new Map<PieceIndex, Block>()
  readonly #spare: Uint8Array[] = []
  #size = 0

  /**
   * Bytes of a range.
   * @param blockSize - length of the whole block
   */
  async range({ piece, offset, length }: PieceRange, blockSize: number, read: ReadRange): Promise<LentBytes> {
    if (length < WORTH) return { bytes: await read({ piece, offset, length }), giveBack() {} }
    const block = this.#block(piece, blockSize, read)
    block.users++
    try {
      const content = await block.content
      const giveBack = (): void => {
        block.users--
        if (block.evicted && block.users === 0) this.#keepSpare(content)
      }
      return { bytes: content.subarray(offset, offset + length), giveBack }
    } catch (error) {
      block.users--
      throw error
    }
  }

  #block(piece: PieceIndex, size: number, read: ReadRange): Block {
    const present = this.#blocks.get(piece)
    if (present !== undefined) return present
    const content = read(
      { piece: pieceIndex(piece), offset: bytes(0), length: bytes(size) },
      this.#takeSpare(size)
    )
    const block: Block = { size, content, users: 0, evicted: false }
    this.#blocks.set(piece, block)
    this.#size += size
    this.#makeRoom(piece)
    // A failed read is not kept: the next request looks again.
    content.catch(() => this.#forget(piece, block))
    return block
  }

  #makeRoom(newest: PieceIndex): void {
    for (const [piece, block] of this.#blocks) {
      if (this.#size <= MOST || piece === newest) return
      this.#forget(piece, block)
      if (block.users > 0) continue
      void block.content.then(
        (content) => this.#keepSpare(content),
        () => {}
      )
    }
  }

  #forget(piece: PieceIndex, block: Block): void {
    block.evicted = true
    if (this.#blocks.get(piece) !== block) return
    this.#blocks.delete(piece)
    this.#size -= block.size
  }

  #keepSpare(content: Uint8Array): void {
    const whole = content.byteLength === content.buffer.byteLength
    if (whole && this.#spare.length < SPARE_BUFFERS) this.#spare.push(content)
  }

  #takeSpare(size: number): Uint8Array | undefined {
    const i = this.#spare.findIndex((buffer) => buffer.byteLength === size)
    return i === -1 ? undefined : this.#spare.splice(i, 1)[0]
  }
}

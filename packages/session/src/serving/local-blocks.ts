import { Bitfield, bytes, isShareError } from '@p2pshare/base'
import type { Catalogue, ContentKey, PieceLocation } from '@p2pshare/ports'
import type { RefuseReason } from '@p2pshare/wire'
import { equals } from 'uint8arrays/equals'
import type { LocalBlocks } from '../node-parts.ts'
import { readForPeer } from './read-for-peer.ts'
import type { ShareDriver } from '../share/share-driver.ts'
import type { BlockAnswer } from './uploader.ts'

/** Every block that this node has, whatever share it belongs to. */
export class NodeBlocks implements LocalBlocks {
  readonly #catalogue: Catalogue
  readonly #driver: (cid: string) => ShareDriver | undefined

  constructor(catalogue: Catalogue, driver: (cid: string) => ShareDriver | undefined) {
    this.#catalogue = catalogue
    this.#driver = driver
  }

  has(digest: ContentKey): boolean {
    for (const _place of this.#locate(digest)) return true
    return false
  }

  async read(digest: ContentKey): Promise<BlockAnswer | undefined> {
    const block = await this.readPart(digest, 0, 0)
    return typeof block === 'string' ? undefined : block
  }

  /** Which of the blocks can be served; index blocks too. */
  holds(digests: readonly ContentKey[]): Bitfield {
    const have = new Bitfield(digests.length)
    for (const [i, digest] of digests.entries())
      if (this.has(digest) || this.#catalogue.findIndexBlock(digest) !== undefined) have.set(i)
    return have
  }

  /**
   * Part of a block, or (`length` 0) what follows `offset`.
   * @returns why not, when it can't be read
   */
  async readPart(digest: ContentKey, offset: number, length: number): Promise<BlockAnswer | RefuseReason> {
    const index = this.#catalogue.findIndexBlock(digest)
    if (index !== undefined) return slice(index, offset, length)
    for (const { share, piece } of this.#locate(digest)) {
      const driver = this.#driver(share)
      const size = driver?.bytes.layout?.blockSize(piece)
      if (driver === undefined || size === undefined) continue
      const take = length === 0 ? size - offset : length
      if (take <= 0 || offset + take > size) return 'unspecified'
      try {
        const lent = await readForPeer(driver, { piece, offset: bytes(offset), length: bytes(take) })
        return { bytes: lent.bytes, share, giveBack: () => lent.giveBack() }
      } catch (error) {
        // The share told its own error; the block may still lie in another one.
        if (!isShareError(error)) throw error
      }
    }
    return 'lacking'
  }

  /** The catalogue goes by a part of the digest; the layout has all of it. */
  *#locate(digest: ContentKey): Generator<PieceLocation> {
    for (const place of this.#catalogue.locate(digest)) {
      const driver = this.#driver(place.share)
      if (driver?.hasPiece(place.piece) !== true) continue
      const { layout } = driver.bytes
      if (layout !== undefined && equals(layout.digest(place.piece), digest)) yield place
    }
  }
}

function slice(block: Uint8Array, offset: number, length: number): BlockAnswer | RefuseReason {
  const end = length === 0 ? block.byteLength : offset + length
  if (offset >= end || end > block.byteLength) return 'unspecified'
  return { bytes: block.subarray(offset, end), share: undefined }
}

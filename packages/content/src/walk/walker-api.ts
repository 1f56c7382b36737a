import type { Bytes } from '@p2pshare/base'
import type { CID } from 'multiformats/cid'
import type { ContentFault } from '../fault.ts'
import type { ShareLayout } from '../layout/share-layout.ts'

/**
 * Reads the index of a share block by block, checks everything, and ends in its layout. A step
 * machine: ask {@link needed}, get those blocks from anywhere, {@link supply} them.
 */
export interface Walker {
  readonly root: CID
  /**
   * The next index blocks wanted, level by level, each once. Not remembered: a block is named
   * again until it is supplied, so the caller keeps track of what is under way.
   */
  needed(limit: number): CID[]
  /**
   * Hands over a block; one that is not (or no longer) wanted is ignored.
   * @param bytes - already checked against the CID ({@link verifyBlock}); kept, so must not change
   * @returns why the share is refused; the walker then wants nothing more
   */
  supply(cid: CID, bytes: Uint8Array): ContentFault | undefined
  /** Everything is known, checked and within the limits; {@link layout} can be called. */
  readonly done: boolean
  /** Why the share was refused. */
  readonly fault: ContentFault | undefined
  /** Index blocks supplied, and their bytes; for progress. */
  readonly blocks: number
  readonly indexSize: Bytes
  /** Index blocks known to be wanted still; may grow. */
  readonly wanted: number
  /** Content bytes, known from the root block on when the root is a file. */
  readonly declaredSize: Bytes | undefined
  /** The layout. Call only when {@link done}. */
  layout(): ShareLayout
  /**
   * The block of piece 0 when the root is a raw leaf: such a share has no index, its only block
   * had to be fetched to learn the size, and can be written at once.
   */
  readonly rootPiece: Uint8Array | undefined
}

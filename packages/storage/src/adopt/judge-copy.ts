import type { PieceIndex } from '@p2pshare/base'

/** What was found at the place of a file. */
export interface CopyLook {
  /** Of the file that is there, in bytes. */
  readonly size: number
  /** Names that the file has on its disk. */
  readonly links: number
  /** Pieces whose bytes are right, in order. */
  readonly right: readonly PieceIndex[]
  /** Whether every byte of the share's file is there and right. */
  readonly isComplete: boolean
  /** Bytes that are neither right nor zero, a piece that is cut by the file's end left out. */
  readonly foreign: number
  /** Bytes, not all zero, of a piece that is cut by the file's end. */
  readonly cut: number
  /** Where that piece begins; the size of the file when there is none. */
  readonly cutFrom: number
}

/**
 * What may be made of it.
 * - `whole`: it is the share's file, and is used as it is.
 * - `unfinished`: what is missing can be filled in without loss.
 * - `mixed`: much of it may be right, but other bytes would be lost if it was completed.
 * - `other`: nothing of it is of use, or it must not be written to, since it has another name, too.
 */
export type CopyVerdict = 'whole' | 'unfinished' | 'mixed' | 'other'

/**
 * A file that begins right, and ends in the middle of a piece, is taken for one whose copying was interrupted: its
 * last bytes, less than a piece, are fetched again.
 *
 * @param size - of the share's file, in bytes
 */
export function judgeCopy(look: CopyLook, size: number): CopyVerdict {
  if (look.isComplete && look.size === size) return 'whole'
  // Writing would change what other names of the file stand for; one without bytes is as good as none.
  if (look.links > 1 && look.size > 0) return 'other'
  const isRightAtAll = look.right.length > 0
  const foreign = look.foreign + (isRightAtAll ? 0 : look.cut)
  if (foreign === 0 && look.size <= size) return 'unfinished'
  return isRightAtAll ? 'mixed' : 'other'
}

import { type Bitfield, pieceIndex } from '@p2pshare/base'
import { plainBlocks, type SealedTree, type ShareLayout } from '@p2pshare/content'

/**
 * Counts the content bytes of a file (index in the layout's `files`) that are here, those in the index among them.
 * @param have - pieces that are on disk and verified; undefined = none. Cost of a call: O(pieces of the file)
 */
export function bytesHere(layout: ShareLayout, have: Bitfield | undefined): (file: number) => number {
  return (index) => {
    const file = layout.files.at(index)
    if (file === undefined) return 0
    if (have?.isFull === true) return file.size
    let here = 0
    for (const { data } of file.inline) here += data.byteLength
    for (let i = 0; i < file.pieceCount; i++) {
      const piece = pieceIndex(file.firstPiece + i)
      if (have?.has(piece) === true) here += layout.dataSize(piece)
    }
    return here
  }
}

/**
 * The same of a private share, of which `files` are meant that it holds.
 * @param have - blocks that are on disk and verified
 */
export function plainBytesHere({ files }: SealedTree, have: Bitfield | undefined): (file: number) => number {
  return (index) => {
    const entry = files[index]
    if (entry === undefined) return 0
    if (have?.isFull === true) return entry.size
    let here = 0
    for (const { block, length } of plainBlocks(entry)) if (have?.has(block) === true) here += length
    return here
  }
}

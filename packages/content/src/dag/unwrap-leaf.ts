import { type ContentFault, contentFault, isContentFault } from '../fault.ts'
import { readPbNode } from './pb-node.ts'
import { readUnixfsData, UNIXFS, type UnixfsData } from './unixfs-data.ts'

/** A wrapped leaf cut in three; together they are the block, all views into it. */
export interface UnwrappedLeaf {
  readonly prefix: Uint8Array
  /** The file bytes. */
  readonly data: Uint8Array
  readonly suffix: Uint8Array
}

/**
 * Finds the file bytes in a leaf of a foreign DAG: a dag-pb node without links around a UnixFS
 * message of type file or raw.
 *
 * @param block - already checked against its digest
 * @param dataSize - the layout's `dataSize` of the piece, when it is to be compared
 * @returns a fault when the block is no leaf (the layout then guessed wrong) or has another size
 */
export function unwrapLeaf(block: Uint8Array, dataSize?: number): UnwrappedLeaf | ContentFault {
  const unixfs = readLeaf(block)
  if (isContentFault(unixfs)) return unixfs
  const data = unixfs.data ?? block.subarray(block.byteLength)
  const claimed = unixfs.fileSize === -1 ? data.byteLength : unixfs.fileSize
  if (claimed !== data.byteLength || (dataSize ?? claimed) !== data.byteLength) {
    return contentFault('bad-size', `a piece holds ${data.byteLength} bytes, not ${dataSize ?? claimed}`)
  }
  const start = data.byteOffset - block.byteOffset
  return { prefix: block.subarray(0, start), data, suffix: block.subarray(start + data.byteLength) }
}

function readLeaf(block: Uint8Array): UnixfsData | ContentFault {
  const node = readPbNode(block)
  const unixfs = node?.data === undefined ? undefined : readUnixfsData(node.data)
  if (node === undefined || unixfs === undefined || node.links.count > 0 || unixfs.blockSizes.length > 0) {
    return contentFault('bad-block', 'a piece is not the leaf that its parent says it is')
  }
  if (unixfs.type === UNIXFS.file || unixfs.type === UNIXFS.raw) return unixfs
  return contentFault('bad-block', 'a piece is a UnixFS node of another kind than a file')
}

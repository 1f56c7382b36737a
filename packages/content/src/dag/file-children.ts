import { equals } from 'uint8arrays/equals'
import { EMPTY_DIGEST, RAW } from '../cid/supported-cid.ts'
import { type ContentFault, contentFault, isContentFault } from '../fault.ts'
import { MAX_BLOCK_SIZE } from '../limits.ts'
import type { FileNode } from './index-node.ts'
import { type LinkTarget, readTarget } from './link-target.ts'

/** What one link of a file node leads to. */
export type FileChild = LeafChild | InlineChild | NodeChild | EmptyChild

/** A piece. */
export interface LeafChild {
  readonly kind: 'leaf'
  readonly digest: Uint8Array
  readonly blockSize: number
  readonly dataSize: number
}

/** Bytes in the link's identity CID. */
export interface InlineChild {
  readonly kind: 'inline'
  readonly data: Uint8Array
}

/** A deeper node, to be fetched as an index block. */
export interface NodeChild {
  readonly kind: 'node'
  readonly target: LinkTarget
  /** File bytes below, as the parent says. */
  readonly size: number
}

/** No bytes: nothing to fetch, whatever it is. */
export interface EmptyChild {
  readonly kind: 'empty'
}

const EMPTY: EmptyChild = { kind: 'empty' }

/**
 * Most bytes that a wrapped leaf has around its data. Its fields (node tag and length, type, data
 * tag and length, file size) take 17 at 2 MiB, while the smallest inner node with one hashed link
 * takes over 45. So where a dag-pb child's Tsize and data size differ by at most this much, it is a
 * leaf and becomes a piece without a look at it; a leaf with more around it (such as a mode or
 * mtime) is fetched as an index block and its data counts as inline. Should a hostile DAG dress up
 * an inner node (over identity CIDs) as a leaf, `unwrapLeaf` refuses the piece when it arrives.
 */
export const MAX_LEAF_WRAPPING = 32

/** Says what link `i` of a file node leads to, and checks its sizes against each other. */
export function fileChild(node: FileNode, i: number): FileChild | ContentFault {
  const target = readTarget(node.links.hash(i))
  if (isContentFault(target)) return target
  const size = node.blockSizes[i] ?? 0
  const tsize = node.links.tsize(i)
  if (target.codec === RAW) return rawChild(target, size, tsize)
  if (size === 0) return EMPTY
  const wrapping = tsize - size
  if (!target.identity && wrapping > 0 && wrapping <= MAX_LEAF_WRAPPING && tsize <= MAX_BLOCK_SIZE) {
    return { kind: 'leaf', digest: target.digest, blockSize: tsize, dataSize: size }
  }
  return { kind: 'node', target, size }
}

/**
 * A raw leaf of `size` bytes, as parent and Tsize say; the latter may be missing (−1).
 */
export function rawChild(target: LinkTarget, size: number, tsize: number): FileChild | ContentFault {
  const actual = target.identity ? target.digest.byteLength : size
  if (actual !== size || (tsize !== -1 && tsize !== size)) {
    return contentFault('bad-size', `a raw leaf has ${size} bytes by one claim and ${tsize} by another`)
  }
  if (target.identity) return size === 0 ? EMPTY : { kind: 'inline', data: target.digest }
  if (size > MAX_BLOCK_SIZE)
    return contentFault('block-too-large', `a leaf of ${size} bytes; at most 2 MiB are allowed`)
  if (size === 0 || equals(target.digest, EMPTY_DIGEST)) {
    const honest = size === 0 && equals(target.digest, EMPTY_DIGEST)
    return honest ? EMPTY : contentFault('bad-size', `a raw leaf claims ${size} bytes, which its hash belies`)
  }
  return { kind: 'leaf', digest: target.digest, blockSize: size, dataSize: size }
}

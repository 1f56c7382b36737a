import { type ContentFault, contentFault } from '../fault.ts'
import { MAX_SHARE_SIZE, MAX_SYMLINK_SIZE } from '../limits.ts'
import { checkShard } from './hamt-shard.ts'
import { type PbLinks, readPbNode } from './pb-node.ts'
import { readUnixfsData, UNIXFS, type UnixfsData } from './unixfs-data.ts'

/** A dag-pb block of a share, checked as far as one block can be. */
export type IndexNode = FileNode | FolderNode | ShardNode | SymlinkNode

/** A file or part of one: its own bytes first, then those of its links. */
export interface FileNode {
  readonly kind: 'file'
  readonly links: PbLinks
  /** File bytes in this block; a view, often empty. */
  readonly data: Uint8Array
  /** File bytes below each link, as many as links. */
  readonly blockSizes: readonly number[]
  /** `data` and all block sizes together. */
  readonly size: number
}

/** A plain folder: each link is an entry. */
export interface FolderNode {
  readonly kind: 'folder'
  readonly links: PbLinks
}

/** A shard of a HAMT folder: a link is an entry, or, when its name is only the prefix, a deeper shard. */
export interface ShardNode {
  readonly kind: 'shard'
  readonly links: PbLinks
  readonly fanout: number
  /** Bytes before the entry's own name. */
  readonly prefixSize: number
}

/** A symbolic link; only its being one matters. */
export interface SymlinkNode {
  readonly kind: 'symlink'
}

const malformed = (what: string): ContentFault =>
  contentFault('bad-block', `an index block is malformed: ${what}`)

/** Reads a dag-pb block and checks everything that it says about itself. */
export function readIndexNode(block: Uint8Array): IndexNode | ContentFault {
  const node = readPbNode(block)
  if (node === undefined) return malformed('not dag-pb')
  if (node.data === undefined) return malformed('no UnixFS data')
  const unixfs = readUnixfsData(node.data)
  if (unixfs === undefined) return malformed('bad UnixFS data')
  if (unixfs.type === UNIXFS.file || unixfs.type === UNIXFS.raw) return readFile(unixfs, node.links)
  if (unixfs.type === UNIXFS.directory) return { kind: 'folder', links: node.links }
  if (unixfs.type === UNIXFS.shard) return checkShard(unixfs, node.links)
  if (unixfs.type !== UNIXFS.symlink) return malformed(`unknown UnixFS type ${unixfs.type}`)
  if ((unixfs.data?.byteLength ?? 0) > MAX_SYMLINK_SIZE) return malformed('symbolic link longer than 4 KiB')
  return { kind: 'symlink' }
}

function readFile(unixfs: UnixfsData, links: PbLinks): FileNode | ContentFault {
  const { blockSizes, fileSize } = unixfs
  if (blockSizes.length !== links.count) {
    return contentFault('bad-size', `a file node has ${links.count} links and ${blockSizes.length} sizes`)
  }
  const data = unixfs.data ?? new Uint8Array(0)
  let size = data.byteLength
  for (const blockSize of blockSizes) {
    size += blockSize
    // Checked at each step, so that the sum stays exact.
    if (size > MAX_SHARE_SIZE) return contentFault('share-too-large', 'a file claims more than 4 TiB')
  }
  if (fileSize > MAX_SHARE_SIZE) return contentFault('share-too-large', 'a file claims more than 4 TiB')
  if (fileSize !== -1 && fileSize !== size) {
    return contentFault('bad-size', `a file node claims ${fileSize} bytes, its parts ${size}`)
  }
  return { kind: 'file', links, data, blockSizes, size }
}

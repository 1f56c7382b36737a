import { fileChild } from '../dag/file-children.ts'
import { folderChild } from '../dag/folder-children.ts'
import type { FileNode, FolderNode, IndexNode, ShardNode } from '../dag/index-node.ts'
import { blockKey, type LinkTarget } from '../dag/link-target.ts'
import { type ContentFault, contentFault, isContentFault } from '../fault.ts'
import {
  MAX_DAG_DEPTH,
  MAX_ENTRIES,
  MAX_FOLDER_DEPTH,
  MAX_INLINE_EXTENTS,
  MAX_LEVELS,
  MAX_LINKS,
  MAX_PIECES,
  MAX_SHARE_SIZE
} from '../limits.ts'
import type { IndexSource } from './index-source.ts'

/**
 * What hangs below a node, with every repetition of a block counted. Made from the bottom up, one
 * sum per block, so that a bomb (blocks that link the same block many times over) is found out
 * in the time that its stored bytes take, and nothing is ever unfolded before it is known to fit.
 */
export interface Totals {
  readonly kind: IndexNode['kind']
  /** Slots of a shard; 0 for anything else. */
  readonly fanout: number
  size: number
  pieces: number
  entries: number
  extents: number
  links: number
  /** Levels of nodes within this file or this folder's shards, this one included. */
  levels: number
  /** Levels of folders, this one included. */
  folders: number
}

/** A node whose links are being summed. */
interface Frame {
  readonly key: string
  readonly node: FileNode | FolderNode | ShardNode
  readonly totals: Totals
  next: number
}

/** The totals of every block of a share. */
export interface ShareTotals {
  readonly root: Totals
  /** Keys of all blocks in the order that a depth-first walk meets them, identity ones left out. */
  readonly order: readonly string[]
}

/** Sums up the DAG below `root`. */
export function sumTotals(source: IndexSource, root: LinkTarget): ShareTotals | ContentFault {
  return new Summation(source).run(root)
}

class Summation {
  readonly #source: IndexSource
  readonly #known = new Map<string, Totals>()
  readonly #order: string[] = []
  readonly #stack: Frame[] = []

  constructor(source: IndexSource) {
    this.#source = source
  }

  run(root: LinkTarget): ShareTotals | ContentFault {
    const rootKey = blockKey(root)
    const opened = this.#open(root, rootKey)
    if (opened !== undefined) return opened
    for (let frame = this.#stack.at(-1); frame !== undefined; frame = this.#stack.at(-1)) {
      const fault = frame.next < frame.node.links.count ? this.#step(frame) : this.#closeTop()
      if (fault !== undefined) return fault
    }
    const totals = this.#known.get(rootKey)
    if (totals === undefined) return contentFault('index-incomplete', 'the root block is missing')
    return { root: totals, order: this.#order }
  }

  /** Begins with a node, or notes at once one that has nothing to sum. */
  #open(target: LinkTarget, key: string): ContentFault | undefined {
    if (this.#stack.length > MAX_LEVELS)
      return contentFault('too-deep', `the DAG is deeper than ${MAX_LEVELS} levels`)
    const node = this.#source.node(target, key)
    if (isContentFault(node)) return node
    if (!target.identity) this.#order.push(key)
    const totals = emptyTotals(node)
    if (node.kind === 'symlink') this.#known.set(key, totals)
    else this.#stack.push({ key, node, totals, next: 0 })
    return undefined
  }

  #closeTop(): undefined {
    const frame = this.#stack.pop()
    if (frame !== undefined) this.#known.set(frame.key, frame.totals)
    return undefined
  }

  /** Counts one link; a child not summed yet comes first, and the link is looked at again. */
  #step(frame: Frame): ContentFault | undefined {
    const { node, totals } = frame
    if (node.kind === 'file') {
      const child = fileChild(node, frame.next)
      if (isContentFault(child)) return child
      if (child.kind !== 'node') return countLeaf(frame, child.kind)
      return this.#descend(frame, child.target, (below) => joinFilePart(totals, below, child.size))
    }
    const child = folderChild(node, frame.next)
    if (isContentFault(child)) return child
    if (child.kind === 'shard') return this.#descend(frame, child.target, (below) => joinShard(totals, below))
    totals.entries++
    if (child.content.kind === 'node') {
      totals.entries--
      return this.#descend(frame, child.content.target, (below) => joinEntry(totals, below))
    }
    totals.size += child.content.kind === 'leaf' ? child.content.dataSize : inlineSize(child.content)
    return countLeaf(frame, child.content.kind)
  }

  #descend(
    frame: Frame,
    target: LinkTarget,
    join: (below: Totals) => ContentFault | undefined
  ): ContentFault | undefined {
    const key = blockKey(target)
    const below = this.#known.get(key)
    if (below === undefined) return this.#open(target, key)
    frame.next++
    frame.totals.links++
    addCounts(frame.totals, below)
    return join(below) ?? checkTotals(frame.totals)
  }
}

function inlineSize(child: { kind: string; data?: Uint8Array }): number {
  return child.data?.byteLength ?? 0
}

function emptyTotals(node: IndexNode): Totals {
  const isFile = node.kind === 'file'
  return {
    kind: node.kind,
    fanout: node.kind === 'shard' ? node.fanout : 0,
    // A file's size is what it says; that its parts agree is checked link by link.
    size: isFile ? node.size : 0,
    pieces: 0,
    entries: 0,
    extents: isFile && node.data.byteLength > 0 ? 1 : 0,
    links: 0,
    levels: 1,
    folders: node.kind === 'folder' || node.kind === 'shard' ? 1 : 0
  }
}

function countLeaf(frame: Frame, kind: 'leaf' | 'inline' | 'empty'): ContentFault | undefined {
  frame.next++
  frame.totals.links++
  if (kind === 'leaf') frame.totals.pieces++
  if (kind === 'inline') frame.totals.extents++
  return checkTotals(frame.totals)
}

/** What adds up whatever the child is. */
function addCounts(totals: Totals, below: Totals): void {
  totals.pieces += below.pieces
  totals.entries += below.entries
  totals.extents += below.extents
  totals.links += below.links
}

function joinFilePart(totals: Totals, below: Totals, size: number): ContentFault | undefined {
  if (below.kind !== 'file') return contentFault('bad-block', `a file contains a ${below.kind}`)
  if (below.size !== size) {
    return contentFault('bad-size', `part of a file has ${below.size} bytes, its parent says ${size}`)
  }
  totals.levels = Math.max(totals.levels, below.levels + 1)
  return undefined
}

function joinShard(totals: Totals, below: Totals): ContentFault | undefined {
  if (below.kind !== 'shard' || below.fanout !== totals.fanout) {
    return contentFault('bad-folder', 'a HAMT shard links to something else than a shard of its own fanout')
  }
  totals.size += below.size
  totals.levels = Math.max(totals.levels, below.levels + 1)
  totals.folders = Math.max(totals.folders, below.folders)
  return undefined
}

function joinEntry(totals: Totals, below: Totals): undefined {
  totals.entries++
  totals.size += below.size
  totals.folders = Math.max(totals.folders, below.folders + 1)
  return undefined
}

/** Refuses as soon as a sum is over its limit, so that none of them grows beyond exact numbers. */
function checkTotals(totals: Totals): ContentFault | undefined {
  if (totals.size > MAX_SHARE_SIZE) return contentFault('share-too-large', 'the share claims more than 4 TiB')
  if (totals.pieces > MAX_PIECES)
    return contentFault('too-many-pieces', `the share has more than ${MAX_PIECES} pieces`)
  if (totals.entries > MAX_ENTRIES) {
    return contentFault('too-many-entries', `the share has more than ${MAX_ENTRIES} files and folders`)
  }
  if (totals.links > MAX_LINKS || totals.extents > MAX_INLINE_EXTENTS) {
    return contentFault('too-many-links', 'the share repeats its blocks too often')
  }
  if (totals.levels > MAX_DAG_DEPTH)
    return contentFault('too-deep', `a file or folder has over ${MAX_DAG_DEPTH} levels`)
  if (totals.folders > MAX_FOLDER_DEPTH + 1) {
    return contentFault('too-deep', `folders are nested more than ${MAX_FOLDER_DEPTH} deep`)
  }
  return undefined
}

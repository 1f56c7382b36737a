import { printable } from '@p2pshare/base'
import type { FileChild } from '../dag/file-children.ts'
import { entryName, folderChild } from '../dag/folder-children.ts'
import type { FolderNode, ShardNode } from '../dag/index-node.ts'
import { blockKey } from '../dag/link-target.ts'
import { type ContentFault, contentFault, isContentFault } from '../fault.ts'
import { diskNames } from '../names/folder-names.ts'
import type { IndexSource } from './index-source.ts'

/** The entries of one folder, all shards together, in DAG order. */
export interface FolderListing {
  readonly names: readonly string[]
  readonly diskNames: readonly string[]
  /** What each name leads to. */
  readonly entries: readonly ListedEntry[]
}

/** Where one entry leads. */
export interface ListedEntry {
  readonly cid: Uint8Array
  readonly content: FileChild
}

/** Lists a folder: names past the gate, no name twice, each mapped to a disk name. */
export function listFolder(source: IndexSource, node: FolderNode | ShardNode): FolderListing | ContentFault {
  const names: string[] = []
  const entries: ListedEntry[] = []
  const fault = collect(source, node, names, entries)
  if (fault !== undefined) return fault
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) return contentFault('bad-folder', `a folder has two entries "${printable(name)}"`)
    seen.add(name)
  }
  return { names, diskNames: diskNames(names), entries }
}

/** Adds the entries of a node and of the shards below it; their depth is within limits already. */
function collect(
  source: IndexSource,
  node: FolderNode | ShardNode,
  names: string[],
  entries: ListedEntry[]
): ContentFault | undefined {
  for (let i = 0; i < node.links.count; i++) {
    const child = folderChild(node, i)
    if (isContentFault(child)) return child
    if (child.kind === 'shard') {
      const below = source.node(child.target, blockKey(child.target))
      if (isContentFault(below)) return below
      const fault = below.kind === 'shard' ? collect(source, below, names, entries) : undefined
      if (fault !== undefined) return fault
      continue
    }
    const name = entryName(node, i)
    if (typeof name !== 'string') return name
    names.push(name)
    entries.push({ cid: child.cid, content: child.content })
  }
  return undefined
}

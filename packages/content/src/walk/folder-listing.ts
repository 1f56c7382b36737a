import { printable } from '@p2pshare/base'
import { entryName, folderChild } from '../dag/folder-children.ts'
import type { FolderNode, ShardNode } from '../dag/index-node.ts'
import { blockKey } from '../dag/link-target.ts'
import { type ContentFault, contentFault, isContentFault } from '../fault.ts'
import type { NameTable } from '../layout/name-table.ts'
import { MAX_INDEX_SIZE } from '../limits.ts'
import { diskNames } from '../names/folder-names.ts'
import { utf8Bytes } from '../names/utf8.ts'
import type { IndexSource } from './index-source.ts'

/**
 * Adds the names of one folder to the table, all shards together, in DAG order: past the gate, no name twice, each
 * with its disk name.
 */
export function listFolder(
  source: IndexSource,
  node: FolderNode | ShardNode,
  table: NameTable
): ContentFault | undefined {
  const names: string[] = []
  const fault = collect(source, node, names)
  if (fault !== undefined) return fault
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) return contentFault('bad-folder', `a folder has two entries "${printable(name)}"`)
    seen.add(name)
  }
  const onDisk = diskNames(names)
  for (const [i, name] of names.entries()) {
    const number = table.add(utf8Bytes(name))
    const disk = onDisk[i]
    if (disk !== undefined && disk !== name) table.map(number, disk)
  }
  // More than the whole index can hold: the same shards are below many folders.
  if (table.size <= MAX_INDEX_SIZE) return undefined
  return contentFault('too-many-entries', 'the names of the share are larger than 64 MiB')
}

/** Adds the names of a node and of the shards below it; their depth is within limits already. */
function collect(
  source: IndexSource,
  node: FolderNode | ShardNode,
  names: string[]
): ContentFault | undefined {
  for (let i = 0; i < node.links.count; i++) {
    const child = folderChild(node, i)
    if (isContentFault(child)) return child
    if (child.kind === 'shard') {
      const below = source.node(child.target, blockKey(child.target))
      if (isContentFault(below)) return below
      const fault = below.kind === 'shard' ? collect(source, below, names) : undefined
      if (fault !== undefined) return fault
      continue
    }
    const name = entryName(node, i)
    if (typeof name !== 'string') return name
    names.push(name)
  }
  return undefined
}

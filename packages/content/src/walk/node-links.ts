import { fileChild } from '../dag/file-children.ts'
import { entryName, folderChild } from '../dag/folder-children.ts'
import type { FolderNode, IndexNode, ShardNode } from '../dag/index-node.ts'
import type { LinkTarget } from '../dag/link-target.ts'
import { type ContentFault, isContentFault } from '../fault.ts'

/** A link to a node that has to be read before the layout is known. */
export interface NodeLink {
  readonly target: LinkTarget
  /** Binary CID; a view into the block. */
  readonly cid: Uint8Array
}

/**
 * The nodes that a node links to, in order, after a check of everything that shows without them:
 * sizes, CIDs, names. So a hostile root is refused before another block is asked for.
 */
export function nodeLinks(node: IndexNode): NodeLink[] | ContentFault {
  if (node.kind === 'symlink') return []
  if (node.kind !== 'file') return folderLinks(node)
  const links: NodeLink[] = []
  for (let i = 0; i < node.links.count; i++) {
    const child = fileChild(node, i)
    if (isContentFault(child)) return child
    if (child.kind === 'node') links.push({ target: child.target, cid: node.links.hash(i) })
  }
  return links
}

function folderLinks(node: FolderNode | ShardNode): NodeLink[] | ContentFault {
  const links: NodeLink[] = []
  for (let i = 0; i < node.links.count; i++) {
    const child = folderChild(node, i)
    if (isContentFault(child)) return child
    if (child.kind === 'shard') {
      links.push({ target: child.target, cid: node.links.hash(i) })
      continue
    }
    const name = entryName(node, i)
    if (isContentFault(name)) return name
    if (child.content.kind === 'node') links.push({ target: child.content.target, cid: child.cid })
  }
  return links
}

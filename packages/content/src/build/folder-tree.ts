import { invariant } from '@p2pshare/base'
import { compare } from 'uint8arrays/compare'
import { DAG_PB } from '../cid/supported-cid.ts'
import { MAX_BLOCK_SIZE, SHARD_THRESHOLD } from '../limits.ts'
import { utf8Bytes, utf8Size } from '../names/utf8.ts'
import type { DraftTable } from './draft-table.ts'
import { type BuiltNode, encodeFolder, FOLDER_DATA_SIZE, linkSize, type NamedNode } from './encode-node.ts'
import type { KeepBlock } from './file-tree.ts'
import { buildShard } from './hamt-tree.ts'

/** A folder under construction. */
export class FolderDraft {
  /** Files by their number in the table. */
  readonly children = new Map<string, FolderDraft | number>()
}

/** Makes the blocks of a folder and of all folders in it, from the bottom up. */
export function buildFolder(folder: FolderDraft, files: DraftTable, keep: KeepBlock): BuiltNode {
  const folders = new Map<string, BuiltNode>()
  let counted = FOLDER_DATA_SIZE
  let actual = FOLDER_DATA_SIZE
  for (const [name, child] of folder.children) {
    invariant(typeof child !== 'number' || files.isFinished(child), 'a file was not finished')
    const node = typeof child === 'number' ? undefined : buildFolder(child, files, keep)
    if (node !== undefined) folders.set(name, node)
    const size = linkSize(utf8Size(name), typeof child === 'number' ? files.tsize(child) : (node?.tsize ?? 0))
    actual += size
    if (countsAsBytes(child)) counted += size
  }
  const children = {
    names: [...folder.children.keys()],
    node: (name: string): BuiltNode => {
      const child = folder.children.get(name)
      const node = typeof child === 'number' ? files.node(child) : folders.get(name)
      invariant(node !== undefined, 'a child without a node')
      return node
    }
  }
  // The second condition is ours: a block beyond 2 MiB could be served to nobody.
  const sharded = counted > SHARD_THRESHOLD || actual > MAX_BLOCK_SIZE
  return sharded ? buildShard(children, keep) : plainFolder(children, keep)
}

/** What a folder's block is made of. */
export interface FolderChildren {
  /** Each once, in any order. */
  readonly names: readonly string[]
  node(name: string): BuiltNode
}

/**
 * The reference importer decides between plain and HAMT while it adds entries, when folders that
 * have entries of their own are not built yet and so count nothing. Followed to the byte, since
 * the CID depends on it.
 */
function countsAsBytes(child: FolderDraft | number): boolean {
  return typeof child === 'number' || child.children.size === 0
}

function plainFolder(children: FolderChildren, keep: KeepBlock): BuiltNode {
  const links: NamedNode[] = children.names.map((name) => ({ ...children.node(name), name: utf8Bytes(name) }))
  const block = encodeFolder(links.sort((a, b) => compare(a.name, b.name)))
  const tsize = links.reduce((sum, child) => sum + child.tsize, block.byteLength)
  return { codec: DAG_PB, digest: keep(block), tsize, size: 0 }
}

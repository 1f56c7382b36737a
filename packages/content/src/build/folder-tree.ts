import { invariant } from '@p2pshare/base'
import type { CID } from 'multiformats/cid'
import { dagPbCid } from '../cid/supported-cid.ts'
import { MAX_BLOCK_SIZE, SHARD_THRESHOLD } from '../limits.ts'
import { utf8Size } from '../names/utf8.ts'
import { type BuiltNode, encodeFolder, FOLDER_DATA_SIZE, linkSize, type NamedNode } from './encode-node.ts'
import type { KeepBlock } from './file-tree.ts'
import { buildShard } from './hamt-tree.ts'

/** A folder under construction. */
export class FolderDraft {
  readonly children = new Map<string, FolderDraft | FileDraft>()
}

/** A file under construction; `built` when it is finished. */
export class FileDraft {
  built: BuiltNode | undefined
}

/** Makes the blocks of a folder and of all folders in it, from the bottom up. */
export function buildFolder(folder: FolderDraft, keep: KeepBlock): BuiltNode {
  const children: NamedNode[] = []
  let counted = FOLDER_DATA_SIZE
  let actual = FOLDER_DATA_SIZE
  for (const [name, child] of folder.children) {
    const node = child instanceof FolderDraft ? buildFolder(child, keep) : child.built
    invariant(node !== undefined, 'a file was not finished')
    children.push({ name, ...node })
    const size = linkSize(utf8Size(name), node.cid.byteLength, node.tsize)
    actual += size
    if (countsAsBytes(child)) counted += size
  }
  // The second condition is ours: a block beyond 2 MiB could be served to nobody.
  const sharded = counted > SHARD_THRESHOLD || actual > MAX_BLOCK_SIZE
  return sharded ? buildShard(children, keep) : plainFolder(children, keep)
}

/**
 * The reference importer decides between plain and HAMT while it adds entries, when folders that
 * have entries of their own are not built yet and so count nothing. Followed to the byte, since
 * the CID depends on it.
 */
function countsAsBytes(child: FolderDraft | FileDraft): boolean {
  return child instanceof FileDraft || child.children.size === 0
}

function plainFolder(children: readonly NamedNode[], keep: KeepBlock): BuiltNode {
  const block = encodeFolder(children)
  const tsize = children.reduce((sum, child) => sum + child.tsize, block.byteLength)
  const cid: CID = dagPbCid(keep(block))
  return { cid, tsize, size: 0 }
}

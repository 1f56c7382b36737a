import { type ContentFault, contentFault, isContentFault } from '../fault.ts'
import { checkName } from '../names/name-gate.ts'
import { decodeUtf8 } from '../names/utf8.ts'
import { type FileChild, rawChild } from './file-children.ts'
import type { FolderNode, ShardNode } from './index-node.ts'
import { type LinkTarget, readTarget } from './link-target.ts'
import { RAW } from '../cid/supported-cid.ts'

/** What one link of a folder or shard leads to. */
export type FolderChild = EntryChild | ShardChild

/** An entry of the folder. */
export interface EntryChild {
  readonly kind: 'entry'
  /** Binary CID of the link; a view. */
  readonly cid: Uint8Array
  /** A raw leaf is the whole file; a node has to be read to know what the entry is. */
  readonly content: FileChild
}

/** A deeper shard of the same folder. */
export interface ShardChild {
  readonly kind: 'shard'
  readonly target: LinkTarget
}

/** Says what link `i` leads to. The name is not looked at: see {@link entryName}. */
export function folderChild(node: FolderNode | ShardNode, i: number): FolderChild | ContentFault {
  const cid = node.links.hash(i)
  const target = readTarget(cid)
  if (isContentFault(target)) return target
  if (node.kind === 'shard' && node.links.name(i).byteLength === node.prefixSize) {
    if (target.codec === RAW) return contentFault('bad-folder', 'a HAMT shard links to a leaf without a name')
    return { kind: 'shard', target }
  }
  if (target.codec !== RAW) return { kind: 'entry', cid, content: { kind: 'node', target, size: -1 } }
  const tsize = target.identity ? target.digest.byteLength : node.links.tsize(i)
  if (tsize === -1) return contentFault('bad-size', 'a folder does not say how large one of its files is')
  const content = rawChild(target, tsize, tsize)
  return isContentFault(content) ? content : { kind: 'entry', cid, content }
}

/** The name of the entry at link `i`, past the gate. */
export function entryName(node: FolderNode | ShardNode, i: number): string | ContentFault {
  const bytes = node.links.name(i).subarray(node.kind === 'shard' ? node.prefixSize : 0)
  const name = decodeUtf8(bytes)
  if (name === undefined) {
    const shown = Array.from(bytes.subarray(0, 40), escapeByte).join('')
    return contentFault('bad-name', `the name "${shown}" is not valid UTF-8`)
  }
  return checkName(name) ?? name
}

function escapeByte(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
}

import { invariant } from '@p2pshare/base'
import { murmur364 } from '@multiformats/murmur3'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { dagPbCid } from '../cid/supported-cid.ts'
import { contentError, contentFault } from '../fault.ts'
import { MAX_DAG_DEPTH } from '../limits.ts'
import { type BuiltNode, encodeShard, type NamedNode } from './encode-node.ts'
import type { KeepBlock } from './file-tree.ts'

/** Levels that one 64-bit hash decides, at 8 bits each. */
const HASH_LEVELS = 8

/** An entry with the hash that decides its slots. */
interface HashedNode {
  readonly node: NamedNode
  readonly hash: Uint8Array
}

/** Makes the shards of a HAMT folder of 256 slots, from the bottom up. */
export function buildShard(children: readonly NamedNode[], keep: KeepBlock): BuiltNode {
  return shardAt(
    children.map((node) => ({ node, hash: hashName(node.name, 0) })),
    0,
    keep
  )
}

/** One slot holds one entry; several that share it move into a shard below. */
function shardAt(entries: readonly HashedNode[], level: number, keep: KeepBlock): BuiltNode {
  if (level >= MAX_DAG_DEPTH)
    throw contentError(contentFault('too-deep', 'names in a folder have equal hashes'))
  const links: NamedNode[] = []
  const slots: number[] = []
  for (const [slot, group] of bySlot(entries, level)) {
    const prefix = slot.toString(16).toUpperCase().padStart(2, '0')
    const [first] = group
    invariant(first !== undefined, 'an empty HAMT slot')
    slots.push(slot)
    if (group.length === 1) links.push({ ...first.node, name: prefix + first.node.name })
    else links.push({ name: prefix, ...shardAt(group, level + 1, keep) })
  }
  const block = encodeShard(links, slots)
  const tsize = links.reduce((sum, link) => sum + link.tsize, block.byteLength)
  return { cid: dagPbCid(keep(block)), tsize, size: 0 }
}

/** Entries by the slot that the level's byte of their hash names, ascending. */
function bySlot(entries: readonly HashedNode[], level: number): [number, HashedNode[]][] {
  const groups = new Map<number, HashedNode[]>()
  for (const entry of entries) {
    const at = level % HASH_LEVELS
    // Beyond 64 bits the reference importer hashes again, with the round's number behind the name.
    const hash = at === 0 && level > 0 ? hashName(entry.node.name, level / HASH_LEVELS) : entry.hash
    const slot = hash[at] ?? 0
    const group = groups.get(slot) ?? []
    group.push(hash === entry.hash ? entry : { node: entry.node, hash })
    groups.set(slot, group)
  }
  return [...groups].sort(([a], [b]) => a - b)
}

function hashName(name: string, round: number): Uint8Array {
  const bytes = fromString(name, 'utf8')
  const hash = murmur364.encode(round === 0 ? bytes : concat([bytes, Uint8Array.of(round)]))
  // The type allows a promise for hashers that need one; murmur3 is plain arithmetic.
  invariant(hash instanceof Uint8Array, 'murmur3 was not synchronous')
  return hash
}

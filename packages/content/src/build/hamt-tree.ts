import { invariant } from '@p2pshare/base'
import { murmur364 } from '@multiformats/murmur3'
import { concat } from 'uint8arrays/concat'
import { DAG_PB } from '../cid/supported-cid.ts'
import { contentError, contentFault } from '../fault.ts'
import { MAX_DAG_DEPTH, SHARD_FANOUT } from '../limits.ts'
import { utf8Bytes } from '../names/utf8.ts'
import { type BuiltNode, encodeShard, type NamedNode } from './encode-node.ts'
import type { KeepBlock } from './file-tree.ts'
import type { FolderChildren } from './folder-tree.ts'

/** Levels that one 64-bit hash decides, at 8 bits each. */
const HASH_LEVELS = 8

/** Makes the shards of a HAMT folder of 256 slots, from the bottom up. */
export function buildShard(children: FolderChildren, keep: KeepBlock): BuiltNode {
  return new HamtTree(children, keep).build()
}

/** Entries are numbers here, and their hashes one array: a folder may have a million of them. */
class HamtTree {
  readonly #children: FolderChildren
  readonly #keep: KeepBlock
  readonly #hashes: Uint8Array

  constructor(children: FolderChildren, keep: KeepBlock) {
    this.#children = children
    this.#keep = keep
    this.#hashes = new Uint8Array(children.names.length * HASH_LEVELS)
    for (const [i, name] of children.names.entries()) this.#hashes.set(hashName(name, 0), i * HASH_LEVELS)
  }

  build(): BuiltNode {
    return this.#shard(Uint32Array.from(this.#children.names.keys()), 0)
  }

  /** One slot holds one entry; several that share it move into a shard below. */
  #shard(entries: Uint32Array, level: number): BuiltNode {
    if (level >= MAX_DAG_DEPTH)
      throw contentError(contentFault('too-deep', 'names in a folder have equal hashes'))
    const links: NamedNode[] = []
    const slots: number[] = []
    for (const [slot, group] of this.#bySlot(entries, level)) {
      const prefix = slot.toString(16).toUpperCase().padStart(2, '0')
      slots.push(slot)
      links.push(this.#link(prefix, group, level))
    }
    const block = encodeShard(links, slots)
    const tsize = links.reduce((sum, link) => sum + link.tsize, block.byteLength)
    return { codec: DAG_PB, digest: this.#keep(block), tsize, size: 0 }
  }

  #link(prefix: string, group: Uint32Array, level: number): NamedNode {
    if (group.length > 1) return { name: utf8Bytes(prefix), ...this.#shard(group, level + 1) }
    const name = this.#children.names[group[0] ?? 0]
    invariant(name !== undefined, 'an empty HAMT slot')
    return { name: utf8Bytes(prefix + name), ...this.#children.node(name) }
  }

  /** Entries by the slot that the level's byte of their hash names, ascending; empty slots are left out. */
  #bySlot(entries: Uint32Array, level: number): [number, Uint32Array][] {
    const slots = Uint8Array.from(entries, (entry) => this.#hashByte(entry, level))
    const ends = new Uint32Array(SHARD_FANOUT)
    for (const slot of slots) ends[slot] = (ends[slot] ?? 0) + 1
    for (let slot = 1; slot < SHARD_FANOUT; slot++) ends[slot] = (ends[slot] ?? 0) + (ends[slot - 1] ?? 0)
    const starts = Uint32Array.from(ends, (_, slot) => ends[slot - 1] ?? 0)
    const sorted = new Uint32Array(entries.length)
    const next = starts.slice()
    for (const [i, slot] of slots.entries()) {
      const at = next[slot] ?? 0
      next[slot] = at + 1
      sorted[at] = entries[i] ?? 0
    }
    return Array.from(starts, (start, slot): [number, Uint32Array] => [
      slot,
      sorted.subarray(start, ends[slot])
    ]).filter(([, group]) => group.length > 0)
  }

  #hashByte(entry: number, level: number): number {
    const at = level % HASH_LEVELS
    if (level < HASH_LEVELS) return this.#hashes[entry * HASH_LEVELS + at] ?? 0
    // Beyond 64 bits the reference importer hashes again, with the round's number behind the name.
    return hashName(this.#children.names[entry] ?? '', Math.floor(level / HASH_LEVELS))[at] ?? 0
  }
}

function hashName(name: string, round: number): Uint8Array {
  const bytes = utf8Bytes(name)
  const hash = murmur364.encode(round === 0 ? bytes : concat([bytes, Uint8Array.of(round)]))
  // The type allows a promise for hashers that need one; murmur3 is plain arithmetic.
  invariant(hash instanceof Uint8Array, 'murmur3 was not synchronous')
  return hash
}

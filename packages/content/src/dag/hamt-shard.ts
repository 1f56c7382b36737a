import { type ContentFault, contentFault } from '../fault.ts'
import { MAX_HAMT_FANOUT, MIN_HAMT_FANOUT } from '../limits.ts'
import type { ShardNode } from './index-node.ts'
import type { PbLinks } from './pb-node.ts'
import type { UnixfsData } from './unixfs-data.ts'

/** murmur3-x64-64, the only hash that HAMT folders are made with. */
export const MURMUR3_X64_64 = 0x22

const bad = (what: string): ContentFault =>
  contentFault('bad-folder', `a folder's HAMT shard is malformed: ${what}`)

/** Hex digits before each name: as many as the highest slot needs. */
export function prefixSize(fanout: number): number {
  return (fanout - 1).toString(16).length
}

/** Checks fanout, hash, bit field and the prefix of every name. */
export function checkShard(unixfs: UnixfsData, links: PbLinks): ShardNode | ContentFault {
  const { fanout } = unixfs
  if (fanout < MIN_HAMT_FANOUT || fanout > MAX_HAMT_FANOUT || !Number.isInteger(Math.log2(fanout))) {
    return bad(`fanout ${fanout} is no power of two from ${MIN_HAMT_FANOUT} to ${MAX_HAMT_FANOUT}`)
  }
  if (unixfs.hashType !== MURMUR3_X64_64) return bad(`unknown hash ${unixfs.hashType}`)
  const bitField = unixfs.data ?? new Uint8Array(0)
  if (bitField.byteLength > fanout / 8) return bad('bit field longer than the fanout')
  let bits = 0
  for (const byte of bitField) bits += popCount(byte)
  if (bits !== links.count) return bad(`${bits} slots for ${links.count} links`)
  return (
    checkSlots(bitField, links, fanout) ?? { kind: 'shard', links, fanout, prefixSize: prefixSize(fanout) }
  )
}

/** Checks that every link's prefix names a slot of its own that is in the bit field. */
function checkSlots(bitField: Uint8Array, links: PbLinks, fanout: number): ContentFault | undefined {
  const digits = prefixSize(fanout)
  let last = -1
  for (let i = 0; i < links.count; i++) {
    const slot = slotOf(links.name(i), digits)
    // Ascending: the order that dag-pb sorts them in, and proof that no slot is used twice.
    if (slot <= last || slot >= fanout) return bad('a name with a wrong prefix')
    const byte = bitField[bitField.byteLength - 1 - (slot >> 3)] ?? 0
    if ((byte & (1 << (slot & 7))) === 0) return bad('a name whose slot is not in the bit field')
    last = slot
  }
  return undefined
}

function popCount(byte: number): number {
  let count = 0
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++
  return count
}

/** The slot that upper-case hex digits name; −1 when they are none. */
function slotOf(name: Uint8Array, digits: number): number {
  if (name.byteLength < digits) return -1
  let slot = 0
  for (let i = 0; i < digits; i++) {
    const digit = hexDigit(name[i] ?? 0)
    if (digit < 0) return -1
    slot = slot * 16 + digit
  }
  return slot
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30
  return code >= 0x41 && code <= 0x46 ? code - 0x41 + 10 : -1
}

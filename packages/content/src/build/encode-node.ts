import { UnixFS } from 'ipfs-unixfs'
import { DIGEST_SIZE, SHA2_256 } from '../cid/supported-cid.ts'
import { MURMUR3_X64_64 } from '../dag/hamt-shard.ts'
import { SHARD_FANOUT } from '../limits.ts'
import { encodeFileData, varintSize } from './encode-file-data.ts'

/** A finished child, as its parent links to it. */
export interface BuiltNode {
  /** That of the CID: version 1, sha2-256. */
  readonly codec: number
  readonly digest: Uint8Array
  /** Bytes of all blocks from here down, repeated ones counted each time. */
  readonly tsize: number
  /** File bytes from here down; 0 for folders. */
  readonly size: number
}

/** A finished child with its name in UTF-8. */
export interface NamedNode extends BuiltNode {
  readonly name: Uint8Array
}

/** Bytes of a CID of version 1 with a sha2-256 digest. */
export const CID_SIZE = 4 + DIGEST_SIZE
/** Tags of dag-pb: number × 8 + wire type. */
const TAG = { data: 0x0a, link: 0x12, hash: 0x0a, name: 0x12, tsize: 0x18 } as const
const NO_NAME = new Uint8Array(0)

/** The block of a file node. */
export function encodeFileNode(children: readonly BuiltNode[]): Uint8Array {
  return encodeNode(encodeFileData(children.map((child) => child.size)), children)
}

/** The block of a plain folder; links come sorted by the bytes of their names. */
export function encodeFolder(children: readonly NamedNode[]): Uint8Array {
  return encodeNode(new UnixFS({ type: 'directory' }).marshal(), children)
}

/**
 * The block of a HAMT shard.
 * @param children - names with their prefixes, at most one a slot, ascending
 * @param slots - the slots in use, ascending
 */
export function encodeShard(children: readonly NamedNode[], slots: readonly number[]): Uint8Array {
  const bitField = new Uint8Array(SHARD_FANOUT / 8)
  for (const slot of slots) {
    const byte = bitField.length - 1 - (slot >> 3)
    bitField[byte] = (bitField[byte] ?? 0) | (1 << (slot & 7))
  }
  const unixfs = new UnixFS({
    type: 'hamt-sharded-directory',
    // Written as a big-endian number, so without leading zeros (go-bitfield does the same).
    data: bitField.subarray(bitField.findIndex((byte) => byte !== 0)),
    fanout: BigInt(SHARD_FANOUT),
    hashType: BigInt(MURMUR3_X64_64)
  })
  return encodeNode(unixfs.marshal(), children)
}

/**
 * A dag-pb block: all links in the order given, then the data. Written here, as a library would make a CID and
 * half a dozen more objects of each of a million links.
 * @see https://ipld.io/specs/codecs/dag-pb/spec/
 */
function encodeNode(data: Uint8Array, links: readonly (BuiltNode & { name?: Uint8Array })[]): Uint8Array {
  let size = 1 + varintSize(data.byteLength) + data.byteLength
  for (const { name, tsize } of links) size += linkSize(name?.byteLength ?? 0, tsize)
  const block = new Uint8Array(size)
  let at = 0
  for (const link of links) at = writeLink(block, at, link.name ?? NO_NAME, link)
  at = writeVarint(block, at, TAG.data, data.byteLength)
  block.set(data, at)
  return block
}

function writeLink(block: Uint8Array, start: number, name: Uint8Array, node: BuiltNode): number {
  let at = writeVarint(block, start, TAG.link, innerSize(name.byteLength, node.tsize))
  at = writeVarint(block, at, TAG.hash, CID_SIZE)
  block[at++] = 1
  block[at++] = node.codec
  block[at++] = SHA2_256
  block[at++] = DIGEST_SIZE
  block.set(node.digest, at)
  at = writeVarint(block, at + DIGEST_SIZE, TAG.name, name.byteLength)
  block.set(name, at)
  return writeVarint(block, at + name.byteLength, TAG.tsize, node.tsize)
}

/** Writes tag and varint; answers where the next byte goes. */
function writeVarint(block: Uint8Array, at: number, tag: number, value: number): number {
  block[at] = tag
  let next = at + 1
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) block[next++] = (rest % 128) | 0x80
  block[next++] = rest
  return next
}

/** Bytes of the Data field of a plain folder, its tag and length included. */
export const FOLDER_DATA_SIZE = 4

/** Bytes that a link adds to a block: tag and length around Hash, Name, Tsize. */
export function linkSize(nameSize: number, tsize: number): number {
  const inner = innerSize(nameSize, tsize)
  return 1 + varintSize(inner) + inner
}

function innerSize(nameSize: number, tsize: number): number {
  return 1 + varintSize(CID_SIZE) + CID_SIZE + 1 + varintSize(nameSize) + nameSize + 1 + varintSize(tsize)
}

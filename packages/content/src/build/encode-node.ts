import { type PBLink, encode, prepare } from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import type { CID } from 'multiformats/cid'
import { MURMUR3_X64_64 } from '../dag/hamt-shard.ts'
import { SHARD_FANOUT } from '../limits.ts'
import { encodeFileData, varintSize } from './encode-file-data.ts'

/** A finished child, as its parent links to it. */
export interface BuiltNode {
  readonly cid: CID
  /** Bytes of all blocks from here down, repeated ones counted each time. */
  readonly tsize: number
  /** File bytes from here down; 0 for folders. */
  readonly size: number
}

/** A finished child with its name. */
export interface NamedNode extends BuiltNode {
  readonly name: string
}

/** The block of a file node. */
export function encodeFileNode(children: readonly BuiltNode[]): Uint8Array {
  return encode(
    prepare({
      Data: encodeFileData(children.map((child) => child.size)),
      Links: children.map((child) => ({ Name: '', Tsize: child.tsize, Hash: child.cid }))
    })
  )
}

/** The block of a plain folder; links come sorted by the bytes of their names. */
export function encodeFolder(children: readonly NamedNode[]): Uint8Array {
  return encode(prepare({ Data: new UnixFS({ type: 'directory' }).marshal(), Links: children.map(toLink) }))
}

/**
 * The block of a HAMT shard.
 * @param children - names with their prefixes, at most one a slot
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
  return encode(prepare({ Data: unixfs.marshal(), Links: children.map(toLink) }))
}

function toLink(child: NamedNode): PBLink {
  return { Name: child.name, Tsize: child.tsize, Hash: child.cid }
}

/** Bytes of the Data field of a plain folder, its tag and length included. */
export const FOLDER_DATA_SIZE = 4

/** Bytes that a link adds to a block (dag-pb: tag and length around Hash, Name, Tsize). */
export function linkSize(nameSize: number, cidSize: number, tsize: number): number {
  const inner =
    1 + varintSize(cidSize) + cidSize + 1 + varintSize(nameSize) + nameSize + 1 + varintSize(tsize)
  return 1 + varintSize(inner) + inner
}

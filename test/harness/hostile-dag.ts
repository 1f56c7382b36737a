import { createHash } from 'node:crypto'
import { Bitfield } from '@p2pshare/base'
import { type IndexBlock, parseShareRef } from '@p2pshare/content'
import type { EvilShare } from './evil-peer.ts'

// Encoded by hand: the usual encoders would refuse part of what is to be sent here.

type Cid = IndexBlock['cid']
const MIB = 1024 * 1024
const WIDTH = 1024
const DIRECTORY = 1n
const FILE = 2n

function cidOf(codec: '55' | '70', data: Uint8Array): Cid {
  const digest = createHash('sha256').update(data).digest('hex')
  return parseShareRef(`f01${codec}1220${digest}`).root
}

function varint(value: bigint): number[] {
  return value < 0x80n ? [Number(value)] : [Number(value & 0x7fn) | 0x80, ...varint(value >> 7n)]
}

/** A protobuf field of the wire type "varint". */
function number(field: number, value: bigint): Buffer {
  return Buffer.from([field << 3, ...varint(value)])
}

/** A protobuf field of the wire type "bytes". */
function bytes(field: number, value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(BigInt(value.byteLength))]), value])
}

/** A dag-pb node (ipld.io/specs/codecs/dag-pb) around UnixFS data. */
function node(
  unixfs: readonly Buffer[],
  links: readonly { cid: Cid; name: string; size: number }[]
): IndexBlock {
  const encoded = links.map(({ cid, name, size }) =>
    bytes(2, Buffer.concat([bytes(1, cid.bytes), bytes(2, Buffer.from(name)), number(3, BigInt(size))]))
  )
  const data = Buffer.concat([...encoded, bytes(1, Buffer.concat(unixfs))])
  return { cid: cidOf('70', data), data }
}

function share(root: IndexBlock, blocks: IndexBlock[], leaf: Buffer): EvilShare {
  return { root: root.cid, blocks, pieces: Bitfield.full(1), read: async () => leaf }
}

/** A folder with one small file of this name, whatever the name. */
export function folderWith(name: string): EvilShare {
  const leaf = Buffer.from(`the file ${name}`)
  const root = node([number(1, DIRECTORY)], [{ cid: cidOf('55', leaf), name, size: leaf.byteLength }])
  return share(root, [root], leaf)
}

/**
 * A file of 1024 to the power of `levels` MiB by its own, consistent words: each node names the
 * one below 1024 times, so that a few blocks of 50 kB are all there is.
 */
export function bomb(levels: number): EvilShare {
  const leaf = Buffer.alloc(MIB, 7)
  const blocks: IndexBlock[] = []
  let below = { cid: cidOf('55', leaf), size: BigInt(MIB) }
  for (let level = 0; level < levels; level++) {
    const size = below.size * BigInt(WIDTH)
    const sizes = Array.from({ length: WIDTH }, () => number(4, below.size))
    const links = Array.from({ length: WIDTH }, () => ({ cid: below.cid, name: '', size: MIB }))
    const block = node([number(1, FILE), number(3, size), ...sizes], links)
    blocks.push(block)
    below = { cid: block.cid, size }
  }
  const root = blocks.at(-1)
  if (root === undefined) throw new Error('a bomb has a level at least')
  return share(root, blocks, leaf)
}

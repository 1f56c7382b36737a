import { UNIXFS } from '../dag/unixfs-data.ts'

/** Tags of the fields: number × 8 + wire type 0. */
const TYPE = 0x08
const FILE_SIZE = 0x18
const BLOCK_SIZE = 0x20

/**
 * The UnixFS message of a file node without data of its own. Written here because the encoder of
 * ipfs-unixfs 13 (protons-runtime 7.1) garbles numbers from 2^31 to 2^32 − 1: the size of every
 * file of 2 to 4 GiB would come out as zeros, and no other program could read the node. For all
 * other sizes the bytes are the same.
 *
 * @param blockSizes - file bytes below each link
 */
export function encodeFileData(blockSizes: readonly number[]): Uint8Array {
  const fileSize = blockSizes.reduce((sum, size) => sum + size, 0)
  const length = blockSizes.reduce((sum, size) => sum + 1 + varintSize(size), 3 + varintSize(fileSize))
  const message = new Uint8Array(length)
  message[0] = TYPE
  message[1] = UNIXFS.file
  let at = writeField(message, 2, FILE_SIZE, fileSize)
  for (const size of blockSizes) at = writeField(message, at, BLOCK_SIZE, size)
  return message
}

/** Writes tag and varint; answers where the next field goes. */
function writeField(message: Uint8Array, at: number, tag: number, value: number): number {
  message[at] = tag
  let next = at + 1
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) message[next++] = (rest % 128) | 0x80
  message[next++] = rest
  return next
}

/** Bytes of a varint; `value` up to 2^53 − 1. */
export function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

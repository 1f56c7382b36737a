import { MAX_UNKNOWN_FIELDS } from '../limits.ts'
import { ProtobufCursor } from './protobuf-cursor.ts'

/** UnixFS node types, by their number on the wire. */
export const UNIXFS = { raw: 0, directory: 1, file: 2, metadata: 3, symlink: 4, shard: 5 } as const

/** The Data field of a UnixFS node; views into the block. Numbers are unchecked: −1 when absent, Infinity above 2^53 − 1. */
export interface UnixfsData {
  type: number
  data: Uint8Array | undefined
  fileSize: number
  blockSizes: number[]
  hashType: number
  fanout: number
}

const TYPE = 1
const DATA = 2
const FILE_SIZE = 3
const BLOCK_SIZES = 4
const HASH_TYPE = 5
const FANOUT = 6

/**
 * Reads a UnixFS message; `mode` and `mtime` are passed over, since a share has neither.
 * @returns undefined when malformed, or a known field repeats
 * @see https://specs.ipfs.tech/unixfs/
 */
export function readUnixfsData(bytes: Uint8Array): UnixfsData | undefined {
  const cursor = new ProtobufCursor(bytes)
  const message: UnixfsData = {
    type: -1,
    data: undefined,
    fileSize: -1,
    blockSizes: [],
    hashType: -1,
    fanout: -1
  }
  let unknown = 0
  while (!cursor.atEnd) {
    const key = cursor.varint()
    // Field 0 is none, and tags have 32 bits.
    if (key < 8 || key > 0xffffffff) return undefined
    const field = key >>> 3
    if (field >= TYPE && field <= FANOUT) {
      if (!readField(cursor, field, key & 7, message)) return undefined
    } else if (++unknown > MAX_UNKNOWN_FIELDS || !cursor.skip(key & 7)) return undefined
  }
  return message.type === -1 ? undefined : message
}

function readField(cursor: ProtobufCursor, field: number, wireType: number, message: UnixfsData): boolean {
  if (field === BLOCK_SIZES) return readBlockSizes(cursor, wireType, message.blockSizes)
  if (field === DATA) {
    if (wireType !== 2 || message.data !== undefined) return false
    message.data = cursor.view()
    return message.data !== undefined
  }
  if (wireType !== 0) return false
  const value = cursor.size()
  if (value < 0) return false
  const name =
    field === TYPE ? 'type' : field === FILE_SIZE ? 'fileSize' : field === HASH_TYPE ? 'hashType' : 'fanout'
  if (message[name] !== -1) return false
  message[name] = value
  return true
}

/** One size, or a packed run of them. */
function readBlockSizes(cursor: ProtobufCursor, wireType: number, sizes: number[]): boolean {
  if (wireType === 0) {
    const size = cursor.size()
    sizes.push(size)
    return size >= 0
  }
  if (wireType !== 2) return false
  const end = cursor.delimited()
  if (end < 0) return false
  const run = new ProtobufCursor(cursor.bytes, cursor.at, end)
  while (!run.atEnd) {
    const size = run.size()
    if (size < 0) return false
    sizes.push(size)
  }
  cursor.at = end
  return true
}

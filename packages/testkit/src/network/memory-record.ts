import { createHash } from 'node:crypto'
import type { SignedAddresses } from '@p2pshare/ports'

const DIGEST = 32
const MAX_SIZE = 1024

/**
 * The record of a peer of a memory network. Anybody can make one for anybody: it stands for the
 * record that a peer with a key of its own would sign, so a test can play many peers.
 */
export function sealMemoryRecord(content: SignedAddresses): Uint8Array {
  const text = Buffer.from(JSON.stringify({ ...content, sequence: content.sequence.toString() }))
  return new Uint8Array(Buffer.concat([seal(text), text]))
}

/** The content of a record; undefined when a byte of it was changed since. */
export function openMemoryRecord(record: Uint8Array): SignedAddresses | undefined {
  const text = record.subarray(DIGEST)
  if (record.byteLength > MAX_SIZE || !seal(text).equals(record.subarray(0, DIGEST))) return undefined
  const content = JSON.parse(Buffer.from(text).toString())
  return { ...content, sequence: BigInt(content.sequence) }
}

function seal(text: Uint8Array): Buffer {
  return createHash('sha256').update('a memory record').update(text).digest()
}

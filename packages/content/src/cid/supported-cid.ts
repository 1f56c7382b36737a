import { printable } from '@p2pshare/base'
import { CID } from 'multiformats/cid'
import { create as createDigest } from 'multiformats/hashes/digest'
import { equals } from 'uint8arrays/equals'
import type { Sha256 } from '../build/share-builder-api.ts'
import { type ContentFault, contentFault } from '../fault.ts'
import { MAX_BLOCK_SIZE, MAX_IDENTITY_SIZE } from '../limits.ts'

/** Multicodec codes of what a share may consist of. */
export const RAW = 0x55
export const DAG_PB = 0x70
export const SHA2_256 = 0x12
export const IDENTITY = 0x00
export const DIGEST_SIZE = 32

/** sha2-256 of nothing: a raw leaf of this digest is empty and need not be fetched. */
export const EMPTY_DIGEST = Uint8Array.from([
  0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae,
  0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55
])

/**
 * Tells whether this program can share or fetch what the CID names: codec raw or dag-pb, hash
 * sha2-256 of full length or identity of at most 128 bytes.
 */
export function checkCid(cid: CID): ContentFault | undefined {
  if (cid.code !== RAW && cid.code !== DAG_PB) {
    return contentFault('unsupported-cid', `codec 0x${cid.code.toString(16)} is neither raw nor dag-pb`)
  }
  const { code, digest } = cid.multihash
  if (code === IDENTITY) {
    if (digest.byteLength <= MAX_IDENTITY_SIZE) return undefined
    return contentFault(
      'unsupported-cid',
      `identity CID of ${digest.byteLength} bytes; at most ${MAX_IDENTITY_SIZE} are allowed`
    )
  }
  if (code !== SHA2_256 || digest.byteLength !== DIGEST_SIZE) {
    return contentFault(
      'unsupported-cid',
      `hash 0x${code.toString(16)} of ${digest.byteLength} bytes is neither sha2-256 nor identity`
    )
  }
  return undefined
}

/** Whether the bytes lie in the CID itself. */
export function isIdentity(cid: CID): boolean {
  return cid.multihash.code === IDENTITY
}

/**
 * The text that names a share everywhere (catalogue, API, logs): base32 for version 1, base58btc
 * for version 0, whatever the spelling was when it came in.
 */
export function canonicalCid(cid: CID): string {
  return cid.toString()
}

/** CIDv1 of a raw leaf with this sha2-256 digest, which is kept. */
export function rawCid(digest: Uint8Array): CID {
  return CID.createV1(RAW, createDigest(SHA2_256, digest))
}

/** CIDv1 of a dag-pb node with this sha2-256 digest, which is kept. */
export function dagPbCid(digest: Uint8Array): CID {
  return CID.createV1(DAG_PB, createDigest(SHA2_256, digest))
}

/**
 * Checks a block against the CID it came for.
 * @returns undefined when they belong together
 */
export function verifyBlock(cid: CID, block: Uint8Array, sha256: Sha256): ContentFault | undefined {
  if (block.byteLength > MAX_BLOCK_SIZE) {
    return contentFault('block-too-large', `block of ${block.byteLength} bytes; at most 2 MiB are allowed`)
  }
  const fault = checkCid(cid)
  if (fault !== undefined) return fault
  const actual = isIdentity(cid) ? block : sha256(block)
  if (equals(actual, cid.multihash.digest)) return undefined
  return contentFault('hash-mismatch', `the block is not what ${printable(cid.toString(), 80)} names`)
}

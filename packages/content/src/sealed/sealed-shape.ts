import { invariant } from '@p2pshare/base'
import { PIECE_SIZE } from '../limits.ts'

/** Bytes of the tag of AES-256-GCM, at the end of every sealed block. */
export const SEAL_TAG_SIZE = 16
/** Bytes of the nonce of AES-256-GCM. */
const NONCE_SIZE = 12
/** Plain bytes in one sealed block; with its tag it is exactly one piece of the profile. */
export const PLAIN_PER_BLOCK = PIECE_SIZE - SEAL_TAG_SIZE

/**
 * How many blocks hold `size` plain bytes, padding included. The number of blocks is rounded up as Padmé does
 * (Nikitin et al., "Reducing Metadata Leakage", PETS 2019): of a number with n bits only the first ⌈log2 n⌉ + 1 or so
 * may differ from zero, so that many sizes look the same, for 12 % more bytes at most.
 */
export function sealedBlockCount(size: number): number {
  const blocks = Math.max(1, Math.ceil(size / PLAIN_PER_BLOCK))
  if (blocks < 2) return blocks
  const exponent = Math.floor(Math.log2(blocks))
  const free = exponent - (Math.floor(Math.log2(exponent || 1)) + 1)
  const step = 2 ** Math.max(0, free)
  return Math.ceil(blocks / step) * step
}

/**
 * The nonce of a block: its position. A secret seals one version of one share alone, and what is not the block that the
 * share's hash names never leaves the machine, so no nonce is ever seen with two plain texts.
 */
export function sealNonce(block: number): Uint8Array {
  invariant(Number.isSafeInteger(block) && block >= 0 && block < 2 ** 32, `block ${block}`)
  const nonce = new Uint8Array(NONCE_SIZE)
  new DataView(nonce.buffer).setUint32(NONCE_SIZE - 4, block)
  return nonce
}

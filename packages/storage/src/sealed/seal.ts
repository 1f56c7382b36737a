import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from 'node:crypto'
import { KiB } from '@p2pshare/base'
import { PIECE_SIZE, PLAIN_PER_BLOCK, SEAL_TAG_SIZE, sealNonce } from '@p2pshare/content'

const ALGORITHM = 'aes-256-gcm'
const CONTENT_INFO = 'p2pshare private share 1: content'
const CHECK_INFO = 'p2pshare private share 1: check'
const CHECK_SIZE = 8
/** A cipher answers new buffers: small ones are reused soon. */
const SLICE = 64 * KiB

/** The key that blocks are sealed with (HKDF-SHA-256 of the secret; RFC 5869). */
export function contentKey(secret: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, new Uint8Array(0), CONTENT_INFO, 32))
}

/** Eight bytes that belong to a secret and the hash of its share; they tell nothing of the secret. */
export function keyCheck(secret: Uint8Array, cid: string): Uint8Array {
  const mac = createHmac('sha256', secret).update(`${CHECK_INFO} ${cid}`).digest()
  return new Uint8Array(mac.subarray(0, CHECK_SIZE))
}

/**
 * Seals the first {@link PLAIN_PER_BLOCK} bytes of `block` in place; the tag fills the rest.
 * @param block - of exactly one piece
 */
export function sealBlock(key: Uint8Array, number: number, block: Uint8Array): void {
  const cipher = createCipheriv(ALGORITHM, key, sealNonce(number), { authTagLength: SEAL_TAG_SIZE })
  for (let at = 0; at < PLAIN_PER_BLOCK; at += SLICE) {
    block.set(cipher.update(block.subarray(at, Math.min(PLAIN_PER_BLOCK, at + SLICE))), at)
  }
  cipher.final()
  block.set(cipher.getAuthTag(), PLAIN_PER_BLOCK)
}

/**
 * Opens a block in place.
 * @returns its plain bytes, a view; undefined when the key, the position or any bit is not right
 */
export function openBlock(key: Uint8Array, number: number, block: Uint8Array): Uint8Array | undefined {
  if (block.byteLength !== PIECE_SIZE) return undefined
  const decipher = createDecipheriv(ALGORITHM, key, sealNonce(number), { authTagLength: SEAL_TAG_SIZE })
  decipher.setAuthTag(block.slice(PLAIN_PER_BLOCK))
  for (let at = 0; at < PLAIN_PER_BLOCK; at += SLICE) {
    block.set(decipher.update(block.subarray(at, Math.min(PLAIN_PER_BLOCK, at + SLICE))), at)
  }
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return block.subarray(0, PLAIN_PER_BLOCK)
}

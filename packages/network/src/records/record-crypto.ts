import { createCipheriv } from 'node:crypto'
import type { ICryptoInterface } from '@chainsafe/libp2p-noise'
import { defaultCrypto } from '@chainsafe/libp2p-noise/crypto'
import { Chunks } from './chunks.ts'

const ALGORITHM = 'chacha20-poly1305'
/** Bytes of a record's authentication tag (RFC 8439 section 2.8). */
export const TAG_LENGTH = 16
/** Below this many bytes the library's own WebAssembly is quicker than making a cipher object. */
const SMALL = 1200

/**
 * Noise's cryptography, where encryption also takes and gives {@link Chunks}: records are not joined after they are
 * sealed. Every other call passes through as it is.
 */
export const recordCrypto: ICryptoInterface = {
  ...defaultCrypto,
  chaCha20Poly1305Encrypt(plaintext, nonce, ad, k) {
    const chunks: unknown = plaintext
    if (!(chunks instanceof Chunks)) return defaultCrypto.chaCha20Poly1305Encrypt(plaintext, nonce, ad, k)
    if (chunks.byteLength >= SMALL) return sealed(chunks, nonce, ad, k) as never
    const small = defaultCrypto.chaCha20Poly1305Encrypt(chunks.joined(), nonce, ad, k)
    return new Chunks([small as Uint8Array], small.byteLength) as never
  }
}

function sealed(plaintext: Chunks, nonce: Uint8Array, ad: Uint8Array, k: Uint8Array): Chunks {
  const cipher = createCipheriv(ALGORITHM, k, nonce, { authTagLength: TAG_LENGTH })
  if (ad.byteLength > 0) cipher.setAAD(ad, { plaintextLength: plaintext.byteLength })
  const parts: Uint8Array[] = plaintext.parts.map((part) => cipher.update(part))
  // A stream cipher has given everything already; this makes the tag.
  cipher.final()
  parts.push(cipher.getAuthTag())
  return new Chunks(parts, plaintext.byteLength + TAG_LENGTH)
}

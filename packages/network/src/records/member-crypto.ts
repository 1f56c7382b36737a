import { createHmac } from 'node:crypto'
import type { ICryptoInterface } from '@chainsafe/libp2p-noise'
import { concat } from 'uint8arrays/concat'
import { recordCrypto } from './record-crypto.ts'

/**
 * Noise's cryptography for members of a private network: the network's secret goes into every key that a handshake
 * derives, as the `psk` modifiers of the Noise specification (rev. 34, section 9) do. Who lacks the secret can open
 * no message that has a key, and the first of them is the one that names the answering peer: so neither a stranger
 * who dials, nor one who is dialled, nor one in between learns a peer id or gets past the handshake. What they see
 * is that somebody answers with noise.
 *
 * The secret is mixed in beside each Diffie-Hellman result, not before the first message: that one has no key and
 * no content but a random public key.
 *
 * @param key - of the network, 32 bytes; not kept
 */
export function memberCrypto(key: Uint8Array): ICryptoInterface {
  const secret = createHmac('sha256', key).update('p2pshare noise psk v1').digest()
  return { ...recordCrypto, getHKDF: (ck, ikm) => recordCrypto.getHKDF(ck, concat([ikm, secret])) }
}

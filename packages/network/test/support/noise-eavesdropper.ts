import { createDecipheriv } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { defaultCrypto } from '@chainsafe/libp2p-noise/crypto'
import { multiaddr } from '@multiformats/multiaddr'

/** Two multistream lines: we speak multistream, and want noise. */
const GREETING = Buffer.from('\x13/multistream/1.0.0\n\x07/noise\n', 'latin1')
const NAME = 'Noise_XX_25519_ChaChaPoly_SHA256'
const TAG = 16

/**
 * Dials as a stranger who has no network's key and cheats: it opens what the listener answers without checking any
 * authentication tag, so that only the keys stand in its way.
 *
 * @returns what it made of the listener's identity payload: the peer's public key is in there when the attack works
 */
export async function eavesdrop(address: string): Promise<Buffer> {
  const [host, port] = multiaddr(address).getComponents()
  const socket = connect({ host: host?.value ?? '', port: Number(port?.value) })
  try {
    const mine = defaultCrypto.generateX25519KeyPair()
    socket.write(Buffer.concat([GREETING, Buffer.from([0, 32]), mine.publicKey]))
    const answer = await secondMessage(socket)
    const theirs = answer.subarray(0, 32)
    const [ck, sealedKey] = mix(Buffer.from(NAME), mine.privateKey, theirs)
    const statics = open(sealedKey, answer.subarray(32, 80))
    const [, sealedPayload] = mix(ck, mine.privateKey, statics)
    return open(sealedPayload, answer.subarray(80))
  } finally {
    socket.destroy()
  }
}

function mix(ck: Uint8Array, mine: Uint8Array, theirs: Uint8Array): [Uint8Array, Uint8Array] {
  const [next, key] = defaultCrypto.getHKDF(ck, defaultCrypto.generateX25519SharedKey(mine, theirs))
  return [next, key]
}

/** ChaCha20 alone: the first block of the key stream is the authenticator's, so content begins at the second. */
function open(key: Uint8Array, sealed: Uint8Array): Buffer {
  const iv = Buffer.alloc(16)
  iv.writeUInt32LE(1, 0)
  return createDecipheriv('chacha20', key, iv).update(sealed.subarray(0, -TAG))
}

/** The listener's noise message, behind the echo of our greeting; rejects when it closes before that. */
async function secondMessage(socket: Socket): Promise<Buffer> {
  let heard = Buffer.alloc(0)
  for await (const part of socket) {
    heard = Buffer.concat([heard, part as Buffer])
    const start = GREETING.byteLength
    if (heard.byteLength < start + 2) continue
    const end = start + 2 + heard.readUInt16BE(start)
    if (heard.byteLength >= end) return heard.subarray(start + 2, end)
  }
  throw new Error('the listener closed without an answer')
}

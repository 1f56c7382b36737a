import { createHash } from 'node:crypto'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { invariant, type Rng } from '@p2pshare/base'

/** First bytes of the id of a peer with an Ed25519 key: identity hash, 36 bytes, key type, 32 bytes of key. */
const ID_HEAD = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)

/** Tries before a wish is taken for one that cannot be met: 2^22 positions are searched in about 10 s. */
const MOST_TRIES = 2 ** 22

/**
 * Draws a key whose peer lies where `accepts` wants it in the key space. The public half is drawn,
 * not derived, since deriving costs a hundred times as much: such a key names a peer and passes
 * plaintext's handshake, which proves nothing, but cannot sign.
 */
export function positionedKey(rng: Rng, accepts: (position: bigint) => boolean = () => true): PrivateKey {
  const id = new Uint8Array(ID_HEAD.length + 32)
  id.set(ID_HEAD)
  const words = new DataView(id.buffer, ID_HEAD.length)
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    for (let at = 0; at < 32; at += 4) words.setUint32(at, rng.uint32())
    const position = BigInt(`0x${createHash('sha256').update(id).digest('hex')}`)
    if (!accepts(position)) continue
    const raw = new Uint8Array(64)
    raw.set(id.subarray(ID_HEAD.length), 32)
    return privateKeyFromRaw(raw)
  }
  invariant(false, 'a key with the wanted position is found')
}

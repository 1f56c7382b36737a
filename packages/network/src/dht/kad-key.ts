import { createHash, hash } from 'node:crypto'
import type { PeerId } from '@libp2p/interface'
import type { ContentKey } from '@p2pshare/ports'

/** Multihash code and length of sha2-256. */
const SHA2_256_PREFIX = Uint8Array.of(0x12, 0x20)

/** The DHT key of a block: the multihash of its sha2-256 digest, 34 bytes, a new buffer. */
export function multihashOf(digest: ContentKey): Uint8Array {
  const out = new Uint8Array(34)
  out.set(SHA2_256_PREFIX)
  out.set(digest.subarray(0, 32), 2)
  return out
}

/** The digest inside a sha2-256 multihash (a view); undefined for another hash. */
export function digestOf(multihash: Uint8Array): ContentKey | undefined {
  const matches = multihash.byteLength === 34 && multihash[0] === 0x12 && multihash[1] === 0x20
  return matches ? multihash.subarray(2) : undefined
}

/** Where a key lies in the DHT's 256-bit space: sha2-256 of the bytes, as a number. */
export function kadPosition(key: Uint8Array): bigint {
  return BigInt(`0x${createHash('sha256').update(key).digest('hex')}`)
}

/** The same as 32 bytes, a new buffer. */
export function kadPlace(key: Uint8Array): Uint8Array {
  return hash('sha256', key, 'buffer')
}

/** Where a peer lies in the same space. */
export function kadPositionOfPeer(peer: PeerId): bigint {
  return kadPosition(peer.toMultihash().bytes)
}

/** How many leading bits two positions share, 0 … 256. */
export function commonPrefix(a: bigint, b: bigint): number {
  const distance = a ^ b
  return distance === 0n ? 256 : 256 - distance.toString(2).length
}

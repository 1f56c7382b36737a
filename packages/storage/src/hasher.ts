import { hash } from 'node:crypto'
import { KiB } from '@p2pshare/base'
import type { Hasher } from '@p2pshare/ports'

/** Below so many bytes the way to another thread costs more than the hash. */
const WORTH_A_THREAD = 32 * KiB

/**
 * sha2-256 on libuv's threads by WebCrypto: several run at once beside the main thread, with no
 * workers to manage. Little is hashed on the calling thread.
 */
export const subtleHasher: Hasher = async (data) => {
  if (data.byteLength < WORTH_A_THREAD) return hashHere(data)
  // Node's buffers are never shared between threads here; the type cannot know that.
  return new Uint8Array(await crypto.subtle.digest('SHA-256', data as Uint8Array<ArrayBuffer>))
}

/**
 * sha2-256 on the calling thread, 0.8 ms a MiB: for one block that is about to be sent. WebCrypto first copies what
 * it hashes, and the copies are garbage outside the heap, which costs more than the hash.
 */
export function hashHere(data: Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer')
}

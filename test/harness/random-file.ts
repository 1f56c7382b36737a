import { createCipheriv } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'

const CHUNK = 4 * 1024 * 1024
const ZEROS = Buffer.alloc(CHUNK)

/**
 * Bytes that look random and are the same for the same seed: the key stream of AES-128-CTR, which no
 * compression shrinks and which costs about a second a gigabyte.
 *
 * @returns a function that gives the next `length` bytes (at most 4 MiB), in a new buffer
 */
export function seededBytes(seed: number): (length: number) => Buffer {
  const key = Buffer.alloc(16)
  key.writeDoubleBE(seed)
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16))
  return (length) => cipher.update(ZEROS.subarray(0, length))
}

/** Writes a file of `size` seeded bytes, with the folders above it; memory does not grow with the size. */
export async function writeRandomFile(path: string, size: number, seed: number): Promise<void> {
  mkdirSync(dirname(path), { recursive: true })
  const next = seededBytes(seed)
  await using file = await open(path, 'w')
  for (let left = size; left > 0; left -= CHUNK) await file.write(next(Math.min(left, CHUNK)))
}

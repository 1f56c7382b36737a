import { type BigIntStats, constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type Clock, millis } from '@p2pshare/base'
import { PIECE_SIZE } from '@p2pshare/content'
import type { Hasher } from '@p2pshare/ports'
import { assertInside } from '../disk/folder.ts'
import { type Identity, identityOf, sameIdentity } from '../disk/identity.ts'
import { openPlain, readFully } from '../disk/plain-file.ts'
import { SMALL_FILE } from '../small/job.ts'
import type { SmallFiles } from '../small/small-files.ts'
import type { BufferRing } from './buffer-ring.ts'
import { changedWhileReading } from './import-error.ts'
import { RACY_MS } from './racy.ts'
import type { WalkedFile } from './walked-files.ts'

/** Bytes of a sha2-256 digest. */
const DIGEST_SIZE = 32
/** What hashing a file needs. */
export interface HashTools {
  readonly ring: BufferRing
  readonly hasher: Hasher
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Where small files go. */
  readonly small: SmallFiles
  /** Told of hashed bytes; negative when a file has to be read again. */
  onBytes(count: number): void
}

/** A file's pieces. */
export interface HashedFile {
  readonly identity: Identity
  /** 32 bytes a piece, one after the other. */
  readonly digests: Uint8Array
}

/**
 * Hashes the 1 MiB pieces of a file: reads ahead while earlier pieces are hashed, with no more
 * buffers than the ring has.
 *
 * @param realRoot - `realpath` of the seeded path; the open file must really lie there, at the names `parts` below it
 * @throws ShareError `storage.changed-while-reading` when the file changed twice, `storage.not-a-file`,
 *   the system's errors, the signal's reason
 */
export async function hashFile(
  realRoot: string,
  { parts, identity: { size } }: Pick<WalkedFile, 'parts' | 'identity'>,
  tools: HashTools
): Promise<HashedFile> {
  const path = join(realRoot, ...parts)
  if (parts.length > 0 && size <= SMALL_FILE) {
    const hashed = await tools.small.hash(realRoot, parts)
    tools.signal.throwIfAborted()
    if (hashed !== undefined) {
      tools.onBytes(hashed.identity.size)
      return hashed
    }
  }
  const { handle, stat } = await openPlain(path, constants.O_RDONLY)
  try {
    if (parts.length > 0) await assertInside(handle, realRoot, parts)
    else await assertInside(handle, dirname(realRoot), [basename(realRoot)])
    const hashed =
      (await hashOnce(handle, stat, tools)) ??
      (await hashOnce(handle, await handle.stat({ bigint: true }), tools))
    if (hashed === undefined) throw changedWhileReading(path)
    return hashed
  } finally {
    await handle.close()
  }
}

/** Undefined when the file changed meanwhile. */
async function hashOnce(
  handle: FileHandle,
  stat: BigIntStats,
  tools: HashTools
): Promise<HashedFile | undefined> {
  const before = await settledIdentity(handle, identityOf(stat), tools.clock)
  const pieces = Math.ceil(before.size / PIECE_SIZE)
  const digests = new Uint8Array(pieces * DIGEST_SIZE)
  const job = { handle, size: before.size, digests, hashed: 0 }
  const whole = await hashPieces(job, tools)
  const after = identityOf(await handle.stat({ bigint: true }))
  if (whole && sameIdentity(before, after)) return { identity: before, digests }
  tools.onBytes(-job.hashed)
  return undefined
}

interface HashJob {
  readonly handle: FileHandle
  readonly size: number
  readonly digests: Uint8Array
  hashed: number
}

/** Whether the file was as long as it said. Ends only when no buffer is in use any more. */
async function hashPieces(job: HashJob, tools: HashTools): Promise<boolean> {
  const running: Promise<void>[] = []
  const failures: unknown[] = []
  let whole = true
  for (let at = 0; at < job.size && whole && failures.length === 0; at += PIECE_SIZE) {
    const buffer = await tools.ring.take()
    const piece = buffer.subarray(0, Math.min(PIECE_SIZE, job.size - at))
    try {
      tools.signal.throwIfAborted()
      whole = await readFully(job.handle, piece, at)
    } catch (error) {
      whole = false
      failures.push(error)
    }
    if (!whole) {
      tools.ring.give(buffer)
      break
    }
    const hashing = tools.hasher(piece).then(
      (digest) => {
        job.digests.set(digest, (at / PIECE_SIZE) * DIGEST_SIZE)
        job.hashed += piece.byteLength
        tools.onBytes(piece.byteLength)
      },
      (error: unknown) => {
        failures.push(error)
      }
    )
    running[(at / PIECE_SIZE) % RUNNING_SLOTS] = hashing.finally(() => tools.ring.give(buffer))
  }
  await Promise.all(running)
  if (failures.length > 0) throw failures[0]
  return whole
}

/** More than any ring has buffers: a slot is used again only after its hash is done. */
const RUNNING_SLOTS = 64

async function settledIdentity(handle: FileHandle, identity: Identity, clock: Clock): Promise<Identity> {
  const age = clock.wallTime() - Number(identity.mtime / 1_000_000n)
  if (age < 0 || age >= RACY_MS) return identity
  await new Promise<void>((resolve) => clock.after(millis(RACY_MS), resolve))
  return identityOf(await handle.stat({ bigint: true }))
}

/** The digest of one piece; a view. */
export function digestAt(hashed: HashedFile, piece: number): Uint8Array {
  return hashed.digests.subarray(piece * DIGEST_SIZE, (piece + 1) * DIGEST_SIZE)
}

import { hash } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  ftruncateSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
  writeSync
} from 'node:fs'
import { join } from 'node:path'
import { identityOf, sameIdentity } from '../disk/identity.ts'
import { FILE_MODE, PLAIN_FLAGS } from '../disk/plain-flags.ts'
import { RACY_MS } from '../import/racy.ts'
import { SMALL_FILE } from './job.ts'
import type { HashJob, HashResult, StatJob, StatResult, WriteJob, WriteResult } from './job.ts'

/** Hashes a small file, with the checks of `hashFile`. @param scratch - holds at least one small file */
export function hashSmall({ realRoot, parts }: HashJob, scratch: Uint8Array): HashResult {
  return withFile(realRoot, parts, constants.O_RDONLY, (fd) => {
    const before = identityOf(fstatSync(fd, { bigint: true }))
    const age = Date.now() - Number(before.mtime / 1_000_000n)
    if (before.size === 0 || before.size > SMALL_FILE || (age >= 0 && age < RACY_MS)) return undefined
    const data = scratch.subarray(0, before.size)
    if (readSync(fd, data, 0, before.size, 0) !== before.size) return undefined
    const digest = hash('sha256', data, 'buffer')
    if (!sameIdentity(before, identityOf(fstatSync(fd, { bigint: true })))) return undefined
    return { identity: before, digests: new Uint8Array(digest) }
  })
}

/** Writes a whole small file, with the checks of `PartFiles`. @param buffer - the batch's */
export function writeSmall({ realRoot, parts, start, end }: WriteJob, buffer: ArrayBuffer): WriteResult {
  return withFile(realRoot, parts, constants.O_RDWR | constants.O_CREAT, (fd) => {
    const stat = fstatSync(fd, { bigint: true })
    const size = end - start
    if (Number(stat.size) > size) ftruncateSync(fd, size)
    if (writeSync(fd, new Uint8Array(buffer, start, size), 0, size, 0) !== size) return undefined
    return stat.ino
  })
}

/** Looks at a path. */
export function statSmall({ path }: StatJob): StatResult {
  try {
    return identityOf(lstatSync(path, { bigint: true }))
  } catch {
    return undefined
  }
}

/** Undefined for every failure: the usual way meets it again, and says what it is. */
function withFile<T>(
  realRoot: string,
  parts: readonly string[],
  flags: number,
  work: (fd: number) => T
): T | undefined {
  let fd: number | undefined
  try {
    fd = openSync(join(realRoot, ...parts), flags | PLAIN_FLAGS, FILE_MODE)
    if (!fstatSync(fd).isFile() || realPathOf(fd, realRoot, parts) !== join(realRoot, ...parts))
      return undefined
    return work(fd)
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

function realPathOf(fd: number, realRoot: string, parts: readonly string[]): string {
  if (process.platform === 'linux') return readlinkSync(`/proc/self/fd/${fd}`)
  return join(realpathSync(join(realRoot, ...parts.slice(0, -1))), ...parts.slice(-1))
}

import { hash } from 'node:crypto'
import {
  type BigIntStats,
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
import { basename, dirname, join } from 'node:path'
import { type Identity, identityOf, sameIdentity } from '../disk/identity.ts'
import { FILE_MODE, PLAIN_FLAGS } from '../disk/plain-flags.ts'
import { RACY_MS } from '../import/racy.ts'
import type { BatchTable } from './batch-table.ts'
import { SMALL_FILE } from './job.ts'

const scratch = new Uint8Array(SMALL_FILE)

/** Runs one job of a batch; its row then holds what was found. */
export function runJob(table: BatchTable, row: number, path: string): void {
  let done = false
  try {
    done = run(table, row, path)
  } catch {
    // The usual way meets it again, and says what it is.
  }
  table.putVerdict(row, done)
}

function run(table: BatchTable, row: number, path: string): boolean {
  switch (table.op(row)) {
    case 'hash':
      return hashSmall(table, row, path)
    case 'read':
      return readSmall(table, row, path)
    case 'write':
      return writeSmall(table, row, path)
    case 'stat':
      table.putIdentity(row, identityOf(lstatSync(path, { bigint: true })))
      return true
    default:
      return false
  }
}

/** With the checks of `hashFile`. */
function hashSmall(table: BatchTable, row: number, path: string): boolean {
  return withFile(path, constants.O_RDONLY, (fd, stat) => {
    const before = identityOf(stat)
    const age = Date.now() - Number(before.mtime / 1_000_000n)
    const isFresh = age >= 0 && age < RACY_MS
    if (before.size === 0 || before.size > SMALL_FILE || isFresh || !isAt(fd, path)) return false
    const data = scratch.subarray(0, before.size)
    if (readSync(fd, data, 0, before.size, 0) !== before.size || !isStill(fd, before)) return false
    table.putIdentity(row, before)
    table.putDigest(row, hash('sha256', data, 'buffer'))
    return true
  })
}

/** With the checks of `BlockReader.readUnchanged`. */
function readSmall(table: BatchTable, row: number, path: string): boolean {
  const expected = table.identity(row)
  return withFile(path, constants.O_RDONLY, (fd, stat) => {
    const target = table.contentOf(row)
    if (!sameIdentity(identityOf(stat), expected)) return false
    return readSync(fd, target, 0, target.byteLength, 0) === target.byteLength && isStill(fd, expected)
  })
}

/** With the checks of `PartFiles`. */
function writeSmall(table: BatchTable, row: number, path: string): boolean {
  return withFile(path, constants.O_RDWR | constants.O_CREAT, (fd, stat) => {
    const data = table.contentOf(row)
    if (!isAt(fd, path)) return false
    if (Number(stat.size) > data.byteLength) ftruncateSync(fd, data.byteLength)
    table.putIdentity(row, identityOf(stat))
    return writeSync(fd, data, 0, data.byteLength, 0) === data.byteLength
  })
}

function withFile(path: string, flags: number, work: (fd: number, stat: BigIntStats) => boolean): boolean {
  const fd = openSync(path, flags | PLAIN_FLAGS, FILE_MODE)
  try {
    const stat = fstatSync(fd, { bigint: true })
    return stat.isFile() && work(fd, stat)
  } finally {
    closeSync(fd)
  }
}

function isStill(fd: number, before: Identity): boolean {
  return sameIdentity(before, identityOf(fstatSync(fd, { bigint: true })))
}

/** Whether the open file lies where its path says, no symbolic link on the way; see `assertInside`. */
function isAt(fd: number, path: string): boolean {
  if (process.platform === 'linux') return readlinkSync(`/proc/self/fd/${fd}`) === path
  return join(realpathSync(dirname(path)), basename(path)) === path
}

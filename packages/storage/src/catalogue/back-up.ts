import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync
} from 'node:fs'
import { basename, dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { MiB, printable, ShareError } from '@p2pshare/base'
import { readInteger } from './row.ts'

/** Copies of earlier catalogues that are kept; older ones are of versions that nobody goes back to. */
const KEPT = 2

/** Free bytes of the disk that a folder is on; undefined where the system does not say. */
export type FreeBytes = (folder: string) => number | undefined

/** Where the copy of a catalogue of that schema is put. */
export function backupPath(file: string, version: number): string {
  return `${file}.backup-v${version}`
}

/**
 * Puts a whole, synced copy of the database beside it, for its owner alone; one that is there already is replaced in
 * one step.
 * @param free - for tests
 * @throws ShareError `storage.disk-full`; errors of SQLite and the system
 */
export function backUp(db: DatabaseSync, file: string, version: number, free: FreeBytes = freeBytes): string {
  const copy = backupPath(file, version)
  const fresh = `${copy}.new`
  rmSync(fresh, { force: true })
  checkSpace(db, file, free)
  try {
    // SQLite fills an empty file, and its rights stay: the keys of private shares are in it.
    closeSync(openSync(fresh, 'wx', 0o600))
    db.prepare('VACUUM INTO ?').run(fresh)
    syncPath(fresh, 'r+')
    renameSync(fresh, copy)
  } catch (error) {
    rmSync(fresh, { force: true })
    throw error
  }
  syncPath(dirname(copy), 'r')
  return copy
}

/** Deletes all copies but the last. Called once a newer catalogue is in use. */
export function forgetOldBackups(file: string): void {
  const prefix = `${basename(file)}.backup-v`
  const versions = readdirSync(dirname(file)).flatMap((name) => {
    const version = name.startsWith(prefix) ? name.slice(prefix.length) : ''
    return /^\d{1,9}$/.test(version) ? [Number(version)] : []
  })
  const old = versions.toSorted((a, b) => b - a).slice(KEPT)
  for (const version of old) rmSync(backupPath(file, version), { force: true })
}

/** The copy, and the changes that the upgrade writes beside the old pages until it is done. */
function checkSpace(db: DatabaseSync, file: string, free: FreeBytes): void {
  const pragma = (name: string): number => readInteger(db.prepare(`PRAGMA ${name}`).get() ?? {}, name)
  const needed = 2 * pragma('page_count') * pragma('page_size') + MiB
  const there = free(dirname(file))
  if (there === undefined || there >= needed) return
  throw new ShareError({
    code: 'storage.disk-full',
    fault: 'disk',
    message: `to upgrade the catalogue ${printable(file)} takes ${inMiB(needed)} of space, and ${inMiB(there)} are free`,
    hint: 'Free some space on the disk of the home folder and start again. The catalogue was not touched.',
    detail: { path: file, needed, free: there }
  })
}

const inMiB = (count: number): string => `${Math.ceil(count / MiB)} MiB`

function freeBytes(folder: string): number | undefined {
  const { bavail, bsize, blocks } = statfsSync(folder)
  // Some network file systems have no figures.
  return blocks === 0 ? undefined : bavail * bsize
}

function syncPath(path: string, flags: string): void {
  // Windows neither opens folders nor needs it.
  if (process.platform === 'win32' && flags === 'r') return
  const fd = openSync(path, flags)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** How to go back to a schema, where its copy is still there. */
export function wayBack(file: string, version: number): string | undefined {
  const copy = backupPath(file, version)
  if (!existsSync(copy)) return undefined
  return `Or go back to what this one had, ${printable(copy)}: docs/upgrading.md says how.`
}

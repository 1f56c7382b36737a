import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { printable, ShareError } from '@p2pshare/base'
import { readInteger } from './row.ts'

/** Brings the schema from one version to the next; runs inside a transaction. */
export type Migration = (db: DatabaseSync) => void

/** The `user_version` of an open database; 0 for a new one. */
export function schemaVersion(db: DatabaseSync): number {
  return readInteger(db.prepare('PRAGMA user_version').get() ?? {}, 'user_version')
}

/** A catalogue that a newer p2pshare wrote; it is left as it is. */
export function newerError(file: string, version: number, known: number): ShareError {
  return new ShareError({
    code: 'storage.catalogue-newer',
    fault: 'daemon',
    message: `the catalogue ${printable(file)} was written by a newer p2pshare (schema ${version}, this one knows ${known})`,
    hint: 'Install the newer p2pshare again, or use another --home. The catalogue was not touched.',
    detail: { file, version, known }
  })
}

/**
 * Runs the missing migrations, each in its own transaction with the version it leads to, so that
 * a kill at any point leaves the old or the new schema, never a mixture. Before each step on an
 * existing catalogue a whole copy is put beside it as `<file>.backup-v<version>`.
 *
 * @throws ShareError `storage.catalogue-newer`, before anything is written
 */
export function migrate(db: DatabaseSync, file: string, migrations: readonly Migration[]): void {
  const from = schemaVersion(db)
  if (from > migrations.length) throw newerError(file, from, migrations.length)
  for (let version = from; version < migrations.length; version++) {
    if (version > 0) backUp(db, `${file}.backup-v${version}`)
    db.exec('BEGIN IMMEDIATE')
    try {
      migrations[version]?.(db)
      db.exec(`PRAGMA user_version = ${version + 1}; COMMIT`)
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK')
      throw error
    }
  }
}

/** Writes a whole, synced copy of the database; a copy that is there already is replaced in one step. */
function backUp(db: DatabaseSync, copy: string): void {
  const fresh = `${copy}.new`
  if (existsSync(fresh)) rmSync(fresh)
  db.prepare('VACUUM INTO ?').run(fresh)
  syncPath(fresh, 'r+')
  renameSync(fresh, copy)
  syncPath(dirname(copy), 'r')
}

function syncPath(path: string, flags: string): void {
  const fd = openSync(path, flags)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

import type { DatabaseSync } from 'node:sqlite'
import { printable, ShareError } from '@p2pshare/base'
import { backUp, forgetOldBackups, type FreeBytes, wayBack } from './back-up.ts'
import { readInteger } from './row.ts'
import { isDamage, isFull } from './sqlite-error.ts'

/** Brings the schema from one version to the next; runs inside a transaction. */
export type Migration = (db: DatabaseSync) => void

/** The `user_version` of an open database; 0 for a new one. */
export function schemaVersion(db: DatabaseSync): number {
  return readInteger(db.prepare('PRAGMA user_version').get() ?? {}, 'user_version')
}

/** A catalogue that a newer p2pshare wrote; it is left as it is. */
export function newerError(file: string, version: number, known: number): ShareError {
  const hint = 'Install the newer p2pshare again, or use another --home. The catalogue was not touched.'
  return new ShareError({
    code: 'storage.catalogue-newer',
    fault: 'daemon',
    message: `the catalogue ${printable(file)} was written by a newer p2pshare (schema ${version}, this one knows ${known})`,
    hint: [hint, wayBack(file, known)].filter((part) => part !== undefined).join(' '),
    detail: { file, version, known }
  })
}

/**
 * Runs the missing migrations, all in one transaction, so that a failure or a kill at any point leaves the old schema
 * or the new one, never a mixture. Before, a whole copy of an existing catalogue is put beside it as
 * `<file>.backup-v<version>`; the last two such copies are kept.
 *
 * @param free - for tests
 * @throws ShareError `storage.catalogue-newer`, before anything is written; `storage.disk-full`,
 *   `storage.upgrade-failed`, with the catalogue as it was; errors of SQLite
 */
export function migrate(
  db: DatabaseSync,
  file: string,
  migrations: readonly Migration[],
  free?: FreeBytes
): void {
  const from = schemaVersion(db)
  if (from > migrations.length) throw newerError(file, from, migrations.length)
  if (from === migrations.length) return
  if (from > 0) backUp(db, file, from, free)
  db.exec('BEGIN IMMEDIATE')
  try {
    for (const step of migrations.slice(from)) step(db)
    db.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`)
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw isDamage(error) || isFull(error) ? error : upgradeError(file, from, migrations.length, error)
  }
  if (from > 0) forgetOldBackups(file)
}

function upgradeError(file: string, from: number, to: number, cause: unknown): ShareError {
  const why = printable(cause instanceof Error ? cause.message : String(cause))
  return new ShareError({
    code: 'storage.upgrade-failed',
    fault: 'daemon',
    message: `the catalogue ${printable(file)} could not be brought from schema ${from} to ${to}: ${why}`,
    hint: 'It is as it was: the p2pshare that was installed before can use it. Please report this with the log.',
    detail: { file, from, to },
    cause
  })
}

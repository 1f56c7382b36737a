import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { MiB } from '@p2pshare/base'
import { Connection } from './connection.ts'
import { migrate, type Migration, newerError } from './migrate.ts'
import { readText } from './row.ts'
import { MIGRATIONS } from './schema.ts'
import { SqliteCatalogue } from './sqlite-catalogue.ts'
import { catalogueError, damagedError, isDamage } from './sqlite-error.ts'

/** How long a start waits for a daemon that is just ending, in ms; SQLite sleeps, nothing else runs. */
const BUSY_TIMEOUT = 500
/** Bytes that the write-ahead log keeps on disk between checkpoints (reliability: WAL at most 64 MiB). */
const JOURNAL_LIMIT = 64 * MiB
/** SQLite's page cache in KiB. */
const CACHE_KIB = 16 * 1024
/** Where the file format keeps `user_version`, big-endian (sqlite.org/fileformat2.html, 1.3). */
const USER_VERSION_AT = 60
/** Rights of the file. */
const OWNER_ONLY = 0o600
const MAGIC = 'SQLite format 3\0'

/** An open catalogue. */
export interface OpenedCatalogue {
  catalogue: SqliteCatalogue
  /** Set when the catalogue was damaged: a fresh one was opened, the old one lies at `copy`. */
  recovered?: { copy: string; reason: string }
}

/**
 * Opens the catalogue, and makes it if there is none. While it is open no other process can open
 * it: SQLite's exclusive lock is the lock of one daemon per home, freed by the kernel when the
 * process ends in whatever way.
 *
 * @param options.now - wall time in ms, for the name of a damaged copy
 * @param options.migrations - other than this version's, for tests
 * @throws ShareError `storage.catalogue-locked`, `storage.catalogue-newer` (file untouched),
 *   `storage.catalogue-unreachable`, `storage.disk-full`, `storage.upgrade-failed`
 */
export function openCatalogue(options: {
  file: string
  now: () => number
  migrations?: readonly Migration[]
}): OpenedCatalogue {
  const { file, now, migrations = MIGRATIONS } = options
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    refuseNewer(file, migrations.length)
    ownersAlone(file)
    return { catalogue: openSound(file, migrations) }
  } catch (error) {
    if (!isDamage(error)) throw catalogueError(error, file)
    const copy = setAside(file, now())
    return { catalogue: openSound(file, migrations), recovered: { copy, reason: (error as Error).message } }
  }
}

/** Looks at the version in the file's header, since even opening a database may change its files. */
function refuseNewer(file: string, known: number): void {
  if (!existsSync(file)) return
  const header = Buffer.alloc(USER_VERSION_AT + 4)
  const fd = openSync(file, 'r')
  try {
    if (readSync(fd, header, 0, header.byteLength, 0) < header.byteLength) return
  } finally {
    closeSync(fd)
  }
  const version = header.readUInt32BE(USER_VERSION_AT)
  if (header.toString('latin1', 0, MAGIC.length) === MAGIC && version > known) {
    throw newerError(file, version, known)
  }
}

/** Keys of private shares are in it: nobody else may read it, whatever the rights of its folder. */
function ownersAlone(file: string): void {
  try {
    closeSync(openSync(file, 'a', OWNER_ONLY))
    const { mode } = statSync(file)
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) chmodSync(file, OWNER_ONLY)
  } catch {
    // SQLite says in a moment what is wrong with it.
  }
}

function openSound(file: string, migrations: readonly Migration[]): SqliteCatalogue {
  const db = new DatabaseSync(file, { timeout: BUSY_TIMEOUT, enableForeignKeyConstraints: true })
  try {
    // The locking mode comes first: WAL then keeps its index in memory, and needs no -shm file.
    db.exec('PRAGMA locking_mode = EXCLUSIVE')
    db.exec('PRAGMA journal_mode = WAL')
    db.exec('BEGIN EXCLUSIVE; COMMIT')
    db.exec(`
      PRAGMA synchronous = FULL;
      PRAGMA journal_size_limit = ${JOURNAL_LIMIT};
      PRAGMA cache_size = -${CACHE_KIB};
      PRAGMA trusted_schema = OFF`)
    quickCheck(db)
    migrate(db, file, migrations)
    const catalogue = prepareAll(db, file)
    // A damaged row is found now, where it leads to a fresh catalogue, and not in the middle of work.
    catalogue.shares()
    return catalogue
  } catch (error) {
    db.close()
    throw error
  }
}

function quickCheck(db: DatabaseSync): void {
  const verdict = readText(db.prepare('PRAGMA quick_check(1)').get() ?? {}, 'quick_check')
  if (verdict !== 'ok') throw damagedError(verdict)
}

/** A database of our version that lacks our tables is damaged too. */
function prepareAll(db: DatabaseSync, file: string): SqliteCatalogue {
  try {
    return new SqliteCatalogue(new Connection(db, file))
  } catch (error) {
    throw damagedError('its tables are not those of a catalogue', error)
  }
}

/** Moves the damaged database, with its log, to a name that is free. */
function setAside(file: string, time: number): string {
  const stamp = new Date(time).toISOString().replace(/[:.]/g, '-')
  const base = `${file.replace(/\.[^./\\]*$/, '')}.damaged-${stamp}`
  let copy = base
  for (let n = 2; existsSync(copy); n++) copy = `${base}-${n}`
  renameSync(file, copy)
  for (const side of ['-wal', '-shm', '-journal']) {
    if (existsSync(file + side)) renameSync(file + side, copy + side)
  }
  return copy
}

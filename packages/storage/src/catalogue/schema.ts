import type { Migration } from './migrate.ts'

const VERSION_1 = `
CREATE TABLE shares (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  cid TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  size INTEGER NOT NULL CHECK (size >= 0),
  pieces INTEGER NOT NULL CHECK (pieces >= 0),
  indexed INTEGER NOT NULL CHECK (indexed IN (0, 1)),
  complete INTEGER NOT NULL CHECK (complete IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('fetching', 'seeding', 'paused', 'queued', 'checking', 'error')),
  reason TEXT,
  path TEXT NOT NULL,
  part_path TEXT,
  hints TEXT NOT NULL,
  uploaded INTEGER NOT NULL,
  downloaded INTEGER NOT NULL,
  added_at INTEGER NOT NULL
) STRICT;

CREATE TABLE index_blocks (
  position INTEGER PRIMARY KEY,
  share INTEGER NOT NULL REFERENCES shares ON DELETE CASCADE,
  cid TEXT NOT NULL,
  digest BLOB NOT NULL,
  data BLOB NOT NULL,
  UNIQUE (share, cid)
) STRICT;
CREATE INDEX index_blocks_by_digest ON index_blocks (digest);

-- No foreign key: a million rows would each be looked up by share on a delete. Share ids are
-- never used again, so a stray row can only be ignored.
CREATE TABLE piece_keys (
  key INTEGER NOT NULL,
  share INTEGER NOT NULL,
  piece INTEGER NOT NULL,
  PRIMARY KEY (key, share, piece)
) STRICT, WITHOUT ROWID;

CREATE TABLE progress (
  share INTEGER PRIMARY KEY REFERENCES shares ON DELETE CASCADE,
  have BLOB NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

CREATE TABLE identities (
  share INTEGER NOT NULL REFERENCES shares ON DELETE CASCADE,
  file INTEGER NOT NULL,
  size INTEGER NOT NULL,
  mtime INTEGER NOT NULL,
  ctime INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  PRIMARY KEY (share, file)
) STRICT, WITHOUT ROWID;

CREATE TABLE wraps (
  share INTEGER NOT NULL REFERENCES shares ON DELETE CASCADE,
  piece INTEGER NOT NULL,
  prefix BLOB NOT NULL,
  suffix BLOB NOT NULL,
  checksum INTEGER NOT NULL,
  PRIMARY KEY (share, piece)
) STRICT, WITHOUT ROWID;

CREATE TABLE bans (
  peer TEXT PRIMARY KEY,
  until INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE small_values (
  area TEXT NOT NULL,
  key TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (area, key)
) STRICT, WITHOUT ROWID;`

/**
 * The schema, one entry a version; entries never change once released, new ones are appended.
 * Version n is what `PRAGMA user_version` says after entry n − 1 has run.
 */
export const MIGRATIONS: readonly Migration[] = [(db) => db.exec(VERSION_1)]

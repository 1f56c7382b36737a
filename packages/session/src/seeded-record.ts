import type { ImportedShare, ImportOptions, ShareRecord, SkippedPath } from '@p2pshare/ports'
import type { AnnounceLevel } from './publication.ts'

/** A share that was just seeded. */
export interface SeededShare {
  record: ShareRecord
  skipped: SkippedPath[]
}

/** How a path is seeded. */
export interface SeedOptions extends Omit<ImportOptions, 'earlier'> {
  /** What of it is announced; kept with the share. Missing: as before, or as the daemon does. */
  announce?: AnnounceLevel | undefined
}

/** Whether a seeded share is just what was imported again, so that nothing needs to be done. */
export function isStillSeeded(record: ShareRecord, imported: ImportedShare): boolean {
  const same = record.complete && record.path === imported.path && imported.hashedBytes === 0
  return same && record.state === 'seeding'
}

/**
 * The row of a share that was imported.
 * @param old - the row that it replaces, whose history it keeps
 * @param now - wall time
 */
export function seededRecord(
  { layout, name, path }: ImportedShare,
  { cid, old, now }: { cid: string; old: ShareRecord | undefined; now: number }
): ShareRecord {
  const { uploaded, downloaded, addedAt } = old ?? { uploaded: 0, downloaded: 0, addedAt: now }
  return {
    cid,
    name,
    size: layout.size,
    pieces: layout.pieceCount,
    indexed: true,
    complete: true,
    state: 'seeding',
    reason: undefined,
    path,
    partPath: undefined,
    hints: [],
    uploaded,
    downloaded,
    addedAt
  }
}

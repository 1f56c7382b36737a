import type { ImportedShare, ImportOptions, ShareRecord, ShareRoot, SkippedPath } from '@p2pshare/ports'
import type { Overlap } from './overlapping-shares.ts'
import type { AnnounceLevel } from './publication.ts'

/** A share that was just seeded. */
export interface SeededShare {
  record: ShareRecord
  skipped: SkippedPath[]
  /** Shares of the other kind, private or not, with files of this one. */
  overlaps: Overlap[]
}

/** How a path is seeded. */
export interface SeedOptions extends Omit<ImportOptions, 'earlier'> {
  /** What of it is announced; kept with the share. Missing: as before, or as the daemon does. */
  announce?: AnnounceLevel | undefined
  /** The path had this name until now: what was shared there need not be hashed again if it was not written since. */
  movedFrom?: string
}

/**
 * Whether a seeded share is just what was imported again, so that nothing needs to be done.
 * @param roots - the paths of the seeded one, when it has several
 */
export function isStillSeeded(
  record: ShareRecord,
  roots: readonly ShareRoot[] | undefined,
  imported: ImportedShare
): boolean {
  const same = record.complete && record.path === imported.path && imported.hashedBytes === 0
  // Of one path the name follows from it.
  const sameName = imported.roots === undefined || record.name === imported.name
  return same && sameName && samePaths(roots, imported.roots) && record.state === 'seeding'
}

function samePaths(one: readonly ShareRoot[] = [], other: readonly ShareRoot[] = []): boolean {
  return one.length === other.length && one.every(({ path }, i) => path === other[i]?.path)
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

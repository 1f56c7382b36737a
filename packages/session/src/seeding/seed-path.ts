import { Bitfield } from '@p2pshare/base'
import { canonicalCid } from '@p2pshare/content'
import type { ImportedShare, SeveralPaths, ShareRecord } from '@p2pshare/ports'
import { pathsOf } from '../away/presence.ts'
import { earlierShare } from './earlier-share.ts'
import { MANY_FILES, type NodeParts } from '../node-parts.ts'
import { forgetNewerVersion } from './older-version.ts'
import { type Overlap, overlapsOf } from './overlapping-shares.ts'
import { isStillSeeded, type SeededShare, seededRecord, type SeedOptions } from './seeded-record.ts'
import type { ShareDriver } from '../share/share-driver.ts'

/** The shares of the node, as far as seeding needs them. */
export interface SharesOfNode {
  all(): Iterable<ShareDriver>
  find(cid: string): ShareDriver | undefined
  /** @param record - stored already; takes the place of one with the same hash, which is stopped */
  add(record: ShareRecord): ShareDriver
}

/**
 * Hashes a path, or several as one share, in place and serves it. What is shared from there already, unchanged, is left as it is.
 * @throws ShareError as `ShareFiles.import`
 */
export async function seedPath(
  parts: NodeParts,
  shares: SharesOfNode,
  what: string | SeveralPaths,
  { announce, movedFrom, ...options }: SeedOptions
): Promise<SeededShare> {
  const imported = await parts.files.import(what, {
    ...options,
    onProgress: (progress) => {
      if (progress.files >= MANY_FILES) parts.onManyFiles?.()
      options.onProgress?.(progress)
    },
    earlier: (real) => {
      const isWanted = (cid: string): boolean =>
        (parts.files.keyOf(cid) !== undefined) === (options.sealed === true)
      const at = (path: string) =>
        earlierShare(shares.all(), { ...real, path }, { files: parts.files, isWanted })
      const share = movedFrom === undefined ? undefined : at(movedFrom)
      return share === undefined ? at(real.path) : { ...share, moved: true }
    }
  })
  const { layout, skipped } = imported
  const cid = canonicalCid(layout.root)
  const old = shares.find(cid)
  const wasOlder = forgetNewerVersion(parts.catalogue, cid)
  if (old !== undefined && !wasOlder && isStillSeeded(old.record, parts.files.rootsOf(cid), imported)) {
    if (announce !== undefined) old.publisher.choose(announce)
    return { record: old.record, skipped, overlaps: tellOverlaps(parts, shares, old.record) }
  }
  await old?.stop()
  const record = seededRecord(imported, { cid, old: old?.record, now: parts.clock.wallTime() })
  // Before, since what is removed with them, such as where the share lies, is stored anew.
  if (old?.record.partPath !== undefined) await parts.files.remove(cid, layout, { content: false })
  storeSeeded(parts, record, imported)
  await parts.mounts.remember(cid, pathsOf(parts.files, record))
  const driver = shares.add(record)
  driver.bytes.adopt(layout)
  if (announce !== undefined) driver.publisher.choose(announce)
  driver.start()
  return { record, skipped, overlaps: tellOverlaps(parts, shares, record) }
}

/** Also into the log: what appears in a watched folder is shared without anybody looking. */
function tellOverlaps(
  { files, log }: NodeParts,
  shares: SharesOfNode,
  { cid, path }: ShareRecord
): Overlap[] {
  const others = [...shares.all()].map(({ record }) => record)
  const overlaps = overlapsOf({ cid, path }, others, files)
  if (overlaps.length > 0)
    log.warn(
      { cid, others: overlaps.map((one) => one.cid) },
      'files are shared both encrypted and in the clear'
    )
  return overlaps
}

function storeSeeded({ catalogue }: NodeParts, record: ShareRecord, imported: ImportedShare): void {
  const { layout } = imported
  catalogue.transaction(() => {
    catalogue.putShare(record)
    catalogue.putIndexBlocks(record.cid, layout.indexBlocks)
    catalogue.putPieceKeys(record.cid, layout.pieceCount, (piece) => layout.digest(piece))
    catalogue.putIdentities(record.cid, imported.identities)
    catalogue.putHave(record.cid, Bitfield.full(layout.pieceCount))
    imported.record?.()
  })
}

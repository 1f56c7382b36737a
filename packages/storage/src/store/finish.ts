import { dirname } from 'node:path'
import type { ShareLayout } from '@p2pshare/content'
import type { Catalogue, ShareRecord } from '@p2pshare/ports'
import { writeError } from '../disk/disk-error.ts'
import { syncFolder } from '../disk/folder.ts'
import { identityOf, sameContentIdentity } from '../disk/identity.ts'
import type { IdentityTable } from '../disk/identity-table.ts'
import { statPath } from '../disk/plain-file.ts'
import { removeParts } from '../target/remove-files.ts'
import { replaced } from '../target/replace-wish.ts'
import { completeFiles } from './complete-files.ts'
import { moveToTarget } from './move-to-target.ts'
import type { PartFiles } from './part-files.ts'
import { forgetPartPath, reservedPartPath } from './part-place.ts'
import { placeFiles } from './place-files.ts'
import { forgetPlacedFiles, placedFilesOf } from './placed-files.ts'
import { Places } from './places.ts'
import type { ShareOnDisk } from './share-state.ts'
import { TargetFolders } from './target-folders.ts'

/**
 * Brings a download whose pieces are all durable to its final name. The order: bytes and names
 * durable below the part path, one rename, the folder durable, then the catalogue. A kill at any
 * point leaves a state from which the next start goes on.
 */
export async function finishDownload(share: ShareOnDisk, parts: PartFiles, target: string): Promise<void> {
  if (share.placed !== undefined) return finishPlaced(share, parts, target)
  await completeTree(share, parts)
  await share.context.pool.dropAll(share.poolKey)
  try {
    const { kind } = share.layout
    await moveToTarget({ part: share.places.root, kind, catalogue: share.context.catalogue }, target)
    await syncFolder(dirname(target))
  } catch (error) {
    throw writeError(error, target)
  }
  share.parts = undefined
  share.places = new Places(target, share.layout)
  if (share.layout.kind !== 'folder') await recordIdentity(share, target)
  recordComplete(share, target)
}

/** Some files have their names already: the others get theirs beside them, and what was around them goes. */
async function finishPlaced(share: ShareOnDisk, parts: PartFiles, target: string): Promise<void> {
  const { layout, places, placed } = share
  for (const [file, { pieceCount }] of layout.files.entries()) {
    // Nobody reads a file without pieces, so nobody has noticed.
    if (pieceCount > 0 || placed?.has(file) !== true) continue
    if ((await statPath(places.finalPath(file))) === undefined) placed.release(file)
  }
  await placeFiles(share, parts, { target, files: layout.files.keys(), isQuiet: () => true })
  const folders = new TargetFolders(target)
  for (const { diskPath } of layout.folders) await folders.make(diskPath)
  await folders.sync()
  await share.context.pool.dropAll(share.poolKey)
  await removeParts(places.root, layout)
  share.parts = undefined
  share.placed = undefined
  share.places = new Places(target, layout)
  recordComplete(share, target)
}

/** Brings a download that lies in one place all that no piece brings. */
async function completeTree(share: ShareOnDisk, parts: PartFiles): Promise<void> {
  const { layout } = share
  for (const folder of layout.folders) await parts.makeFolder(folder.diskPath)
  if (layout.kind === 'folder') await parts.makeFolder([])
  await completeFiles(share, parts, layout.files.keys())
  await parts.syncTree()
}

/** Whether an earlier run renamed the download, and was killed before the catalogue knew. */
export async function finishedBefore(
  catalogue: Catalogue,
  record: ShareRecord,
  layout: ShareLayout,
  recorded: IdentityTable
): Promise<boolean> {
  // With files at their place one by one, only the catalogue says when that was all.
  if (placedFilesOf(catalogue, record, layout) !== undefined) return false
  const partPath = reservedPartPath(catalogue, record)
  if (partPath === undefined || (await statPath(partPath)) !== undefined) return false
  const target = new Places(record.path, layout)
  for (const { file, ...identity } of recorded) {
    const stat = await statPath(target.path(file))
    if (stat?.isFile() === true && sameContentIdentity(identityOf(stat), identity)) return true
  }
  return false
}

/** The catalogue says complete. */
export function recordComplete(share: ShareOnDisk, target: string): void {
  const { catalogue } = share.context
  const record = catalogue.share(share.cid)
  if (record === undefined) return
  catalogue.transaction(() => {
    catalogue.putShare({ ...record, path: target, partPath: undefined, complete: share.have.isFull })
    forgetPartPath(catalogue, share.cid)
    forgetPlacedFiles(catalogue, share.cid)
    replaced(catalogue, target)
  })
}

/** The rename changed the ctime of the file itself; below a folder it touches none. */
async function recordIdentity(share: ShareOnDisk, target: string): Promise<void> {
  const stat = await statPath(target)
  if (stat?.isFile() === true) share.mark([{ file: 0, ...identityOf(stat) }])
}

import { rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { FileIdentity } from '@p2pshare/ports'
import { Bitfield } from '@p2pshare/base'
import { errnoOf, isAbsent, writeError } from '../disk/disk-error.ts'
import { syncFolder } from '../disk/folder.ts'
import { identityOf, sameContentIdentity } from '../disk/identity.ts'
import { statPath } from '../disk/plain-file.ts'
import { mayReplace, replaced } from '../target/replace-wish.ts'
import { completeFiles } from './complete-files.ts'
import { moveAside, moveToTarget, targetExists } from './move-to-target.ts'
import type { PartFiles } from './part-files.ts'
import { PlacedFiles, putPlacedFiles } from './placed-files.ts'
import { piecesOf } from './recheck.ts'
import type { ShareOnDisk } from './share-state.ts'
import { TargetFolders } from './target-folders.ts'

/** Files that get their names between two entries in the catalogue. */
const BATCH = 256

/**
 * Gives files of a folder their final names while the rest is still to come; those that are not complete, or have
 * them already, are left out. The order for each: bytes durable and marked, then its new name (never over a file that
 * is there), the folders durable, then the catalogue. After a kill in between, {@link recoverMoves} finds what moved.
 *
 * @throws ShareError `storage.target-exists`, `storage.write-failed`; what got its name until then keeps it
 */
export async function placeFiles(
  share: ShareOnDisk,
  parts: PartFiles,
  { target, files, isQuiet }: { target: string; files: Iterable<number>; isQuiet: () => boolean }
): Promise<void> {
  if (share.layout.kind === 'file') return
  const ready = [...files].filter((file) => share.placed?.has(file) !== true && isDurable(share, file))
  if (ready.length === 0) return
  const placed = share.placed ?? (await claimTarget(share, target))
  await completeFiles(share, parts, ready)
  const folders = new TargetFolders(target)
  for (let start = 0; start < ready.length; start += BATCH)
    await placeBatch(share, { parts, placed, folders, files: ready.slice(start, start + BATCH) })
  await parts.syncFolders()
  if (!isQuiet()) return
  parts.forgetFolders()
  await discardEmptyFolders(share, placed)
}

/** Ends what a kill interrupted: finds files that got their final name before the catalogue knew. */
export async function recoverMoves(share: ShareOnDisk): Promise<void> {
  const { placed, places, context } = share
  if (placed === undefined) return
  let found = false
  for (const { file, ...identity } of share.identities) {
    if (placed.has(file)) continue
    const there = await statPath(places.finalPath(file))
    if (there?.isFile() !== true || !sameContentIdentity(identityOf(there), identity)) continue
    if ((await statPath(places.path(file))) !== undefined) continue
    placed.files.set(file)
    found = true
  }
  if (found) putPlacedFiles(context.catalogue, share.cid, placed)
  await discardEmptyFolders(share, placed)
}

/** The target is free, or freed where the user allowed it, and from now on ours. */
async function claimTarget(share: ShareOnDisk, target: string): Promise<PlacedFiles> {
  const { catalogue } = share.context
  if ((await statPath(target)) !== undefined) {
    if (!mayReplace(catalogue, target)) throw targetExists(target)
    await moveAside(target).catch((error: unknown) => {
      throw writeError(error, target)
    })
  }
  const placed = new PlacedFiles(target, new Bitfield(share.layout.files.length))
  // Before the folder is made: after a kill it is known to be ours.
  catalogue.transaction(() => {
    putPlacedFiles(catalogue, share.cid, placed)
    replaced(catalogue, target)
  })
  share.place(placed)
  return placed
}

interface Batch {
  parts: PartFiles
  placed: PlacedFiles
  folders: TargetFolders
  files: readonly number[]
}

async function placeBatch(share: ShareOnDisk, { parts, placed, folders, files }: Batch): Promise<void> {
  const { places, context } = share
  const { catalogue } = context
  const moved: FileIdentity[] = []
  try {
    for (const file of files) {
      const path = places.finalPath(file)
      await folders.make(places.parts(file).slice(0, -1))
      await parts.forget(file)
      await moveToTarget({ part: places.path(file), kind: 'file', catalogue }, path).catch(
        (error: unknown) => {
          throw writeError(error, path)
        }
      )
      const stat = await statPath(path)
      if (stat !== undefined) moved.push({ file, ...identityOf(stat) })
    }
  } finally {
    await folders.sync()
    catalogue.transaction(() => {
      for (const { file } of moved) placed.files.set(file)
      putPlacedFiles(catalogue, share.cid, placed)
      share.mark(moved)
    })
  }
}

/** Removes folders of the download that hold nothing any more; what else is to come makes them anew. */
async function discardEmptyFolders({ places }: ShareOnDisk, placed: PlacedFiles): Promise<void> {
  const { root } = places
  if ((await statPath(root)) === undefined) return
  const folders = new Set<string>()
  for (const file of placed.files.ones()) {
    const names = places.parts(file)
    for (let depth = 0; depth < names.length; depth++) folders.add(join(root, ...names.slice(0, depth)))
  }
  // Longer paths first: a folder is empty only after those inside it are gone.
  for (const folder of [...folders].sort((a, b) => b.length - a.length)) {
    await rmdir(folder).catch((error: unknown) => {
      if (!isAbsent(error) && errnoOf(error) !== 'ENOTEMPTY' && errnoOf(error) !== 'EEXIST')
        throw writeError(error, folder)
    })
  }
  await syncFolder(dirname(root))
}

function isDurable(share: ShareOnDisk, file: number): boolean {
  for (const piece of piecesOf(share.layout, file)) if (!share.durable.has(piece)) return false
  return true
}

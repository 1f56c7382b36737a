import { rmdir, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ShareLayout } from '@p2pshare/content'
import type { Log } from '@p2pshare/ports'
import { errnoOf, isAbsent, writeError } from '../disk/disk-error.ts'
import { type Identity, identityOf, sameContentIdentity } from '../disk/identity.ts'
import type { IdentityTable } from '../disk/identity-table.ts'
import { statPath } from '../disk/plain-file.ts'
import type { SharePlace } from '../several/share-place.ts'
import { findPlaces, type NamedFiles, Places } from '../store/places.ts'

/** Why a folder stays: something that is not ours lies in it, or it is no folder. */
const STAYS = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR'])

/**
 * Deletes a download that is not complete. Only what the share itself consists of goes; a folder
 * with anything else in it stays.
 */
export async function removeParts(partPath: string, layout: ShareLayout | undefined): Promise<void> {
  if (layout === undefined || layout.kind === 'file') {
    if ((await statPath(partPath))?.isFile() === true) await remove(partPath, unlink)
    else await remove(partPath, rmdir)
    return
  }
  await removeTree(layout, new Places(partPath, layout), () => true)
}

/**
 * Deletes the finished (or seeded) file or folder of a share. Files that were changed since they
 * were shared are no longer the share's: they stay, and the log names them.
 * @param isWhole - whether all pieces of a file are known to be right
 */
export async function removeContent(
  place: SharePlace,
  layout: NamedFiles,
  { recorded, isWhole, log }: { recorded: IdentityTable; isWhole: (file: number) => boolean; log: Log }
): Promise<void> {
  const places = await findPlaces(place, layout, recorded)
  await removeTree(layout, places, (file, found) => {
    const known = recorded.get(file)
    if (known !== undefined && sameContentIdentity(known, found) && isWhole(file)) return true
    log.warn({ path: places.path(file) }, 'kept a file that is not what was shared')
    return false
  })
}

async function removeTree(
  layout: NamedFiles,
  places: Places,
  mayRemove: (file: number, found: Identity) => boolean
): Promise<void> {
  const folders = new Set<string>()
  const isReal = folderCheck()
  for (const file of layout.files.keys()) {
    const { root, parts } = places.locate(file)
    if (!(await isReal(root, parts.slice(0, -1)))) continue
    for (let depth = 0; depth < parts.length; depth++) folders.add(join(root, ...parts.slice(0, depth)))
    const path = places.path(file)
    const stat = await statPath(path)
    if (stat?.isFile() === true && mayRemove(file, identityOf(stat))) await remove(path, unlink)
  }
  if (layout.kind === 'file') return
  for (const folder of await foldersOf(layout, places, isReal)) folders.add(folder)
  // Longer paths first: a folder is empty only after those inside it are gone.
  for (const folder of [...folders].sort((a, b) => b.length - a.length)) await remove(folder, rmdir)
}

/** Folders of the share that are no links. */
async function foldersOf(
  layout: NamedFiles,
  places: Places,
  isReal: (root: string, parts: readonly string[]) => Promise<boolean>
): Promise<string[]> {
  // The folder that holds several paths is none of the share's.
  const folders = places.isSeveral ? [] : [places.root]
  for (const { path, diskPath } of layout.folders) {
    for (const names of places.isSeveral ? [path] : [path, diskPath]) {
      const { root, parts } = places.locateFolder(names)
      if (names.length > 0 && (await isReal(root, parts))) folders.push(join(root, ...parts))
    }
  }
  return folders
}

/** Whether no folder on the way is a symbolic link; each is looked at once. */
function folderCheck(): (root: string, parts: readonly string[]) => Promise<boolean> {
  const known = new Map<string, boolean>()
  const check = async (root: string, parts: readonly string[]): Promise<boolean> => {
    const path = join(root, ...parts)
    const before = known.get(path)
    if (before !== undefined) return before
    const above = parts.length === 0 || (await check(root, parts.slice(0, -1)))
    const stat = above ? await statPath(path) : undefined
    // A file share's root is the file itself, with no folder of its own.
    const real = stat?.isDirectory() === true || (parts.length === 0 && stat?.isFile() === true)
    known.set(path, real)
    return real
  }
  return check
}

async function remove(path: string, how: (path: string) => Promise<void>): Promise<void> {
  try {
    await how(path)
  } catch (error) {
    if (isAbsent(error) || STAYS.has(errnoOf(error) ?? '')) return
    throw writeError(error, dirname(path))
  }
}

import { rmdir, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ShareLayout } from '@p2pshare/content'
import type { Log } from '@p2pshare/ports'
import { errnoOf, isAbsent, writeError } from '../disk/disk-error.ts'
import { type Identity, identityOf, sameContentIdentity } from '../disk/identity.ts'
import type { IdentityTable } from '../disk/identity-table.ts'
import { statPath } from '../disk/plain-file.ts'
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
 */
export async function removeContent(
  path: string,
  layout: NamedFiles,
  recorded: IdentityTable,
  log: Log
): Promise<void> {
  const places = await findPlaces(path, layout, recorded)
  await removeTree(layout, places, (file, found) => {
    const known = recorded.get(file)
    if (known !== undefined && sameContentIdentity(known, found)) return true
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
    const parts = places.parts(file)
    if (!(await isReal(places.root, parts.slice(0, -1)))) continue
    for (let depth = 0; depth < parts.length; depth++)
      folders.add(join(places.root, ...parts.slice(0, depth)))
    const path = places.path(file)
    const stat = await statPath(path)
    if (stat?.isFile() === true && mayRemove(file, identityOf(stat))) await remove(path, unlink)
  }
  if (layout.kind === 'file') return
  folders.add(places.root)
  for (const { path, diskPath } of layout.folders) {
    for (const parts of [path, diskPath]) {
      if (await isReal(places.root, parts)) folders.add(join(places.root, ...parts))
    }
  }
  // Longer paths first: a folder is empty only after those inside it are gone.
  for (const folder of [...folders].sort((a, b) => b.length - a.length)) await remove(folder, rmdir)
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

import { link, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { printable, ShareError } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { Catalogue, ShareRecord } from '@p2pshare/ports'
import { forEachAtMost } from '../disk/at-most.ts'
import { errnoOf, missing, writeError } from '../disk/disk-error.ts'
import { syncFolder } from '../disk/folder.ts'
import { identityOf, sameContentIdentity } from '../disk/identity.ts'
import type { IdentityTable } from '../disk/identity-table.ts'
import { statPath } from '../disk/plain-file.ts'
import { mayReplace, replaced } from '../target/replace-wish.ts'
import type { PartFiles } from './part-files.ts'
import { forgetPartPath, reservedPartPath } from './part-place.ts'
import { Places } from './places.ts'
import type { ShareOnDisk } from './share-state.ts'

/** Files made together. */
const AT_ONCE = 4

/** Errors of `link` that mean: this file system has no hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/** The target is there, and nobody allowed to replace it. */
export function targetExists(path: string): ShareError {
  return new ShareError({
    code: 'storage.target-exists',
    fault: 'user',
    message: `${printable(path)} exists already`,
    hint: 'Choose another target with -o, or replace it with --force.',
    detail: { path }
  })
}

/**
 * Brings a download whose pieces are all durable to its final name. The order: bytes and names
 * durable below the part path, one rename, the folder durable, then the catalogue. A kill at any
 * point leaves a state from which the next start goes on.
 */
export async function finishDownload(share: ShareOnDisk, parts: PartFiles, target: string): Promise<void> {
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

/** Whether an earlier run renamed the download, and was killed before the catalogue knew. */
export async function finishedBefore(
  catalogue: Catalogue,
  record: ShareRecord,
  layout: ShareLayout,
  recorded: IdentityTable
): Promise<boolean> {
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
    replaced(catalogue, target)
  })
}

/** Everything that no piece brings: empty files, inline bytes, empty folders. */
async function completeTree(share: ShareOnDisk, parts: PartFiles): Promise<void> {
  const { layout } = share
  for (const folder of layout.folders) await parts.makeFolder(folder.diskPath)
  if (layout.kind === 'folder') await parts.makeFolder([])
  const made: number[] = []
  await forEachAtMost(AT_ONCE, layout.files.entries(), async ([file, entry]) => {
    if (entry.pieceCount > 0 && entry.inline.length === 0) return
    await parts.write(file, new Uint8Array(0), 0)
    for (const { offset, data } of entry.inline) await parts.write(file, data, offset)
    made.push(file)
  })
  const { synced, failed } = await parts.sync(made)
  for (const error of failed.values()) throw error
  await parts.syncTree()
  // The next start tells by these whether a rename happened (finishedBefore).
  if (synced.length > 0) share.mark(synced)
}

/**
 * Gives a part file or folder its final name.
 * @throws ShareError `storage.target-exists`, `storage.missing`; the system's errors
 */
export async function moveToTarget(
  { part, kind, catalogue }: { part: string; kind: 'file' | 'folder'; catalogue: Catalogue },
  target: string
): Promise<void> {
  const own = await statPath(part)
  if (own === undefined) throw missing(part)
  const there = await statPath(target)
  if (there === undefined) {
    await (kind === 'folder' ? rename(part, target) : moveFileIfFree(part, target))
  } else if (there.isFile() && there.ino === own.ino && there.dev === own.dev) {
    await unlink(part) // an earlier run was killed between `link` and `unlink`
  } else {
    if (!mayReplace(catalogue, target)) throw targetExists(target)
    if (kind === 'folder' || !there.isFile()) await moveAside(target)
    await rename(part, target)
  }
}

/** `link` fails where the name is taken, `rename` would overwrite. */
async function moveFileIfFree(part: string, target: string): Promise<void> {
  try {
    await link(part, target)
  } catch (error) {
    const errno = errnoOf(error) ?? ''
    if (errno === 'EEXIST') throw targetExists(target)
    if (!NO_LINKS.has(errno)) throw error
    if ((await statPath(target)) !== undefined) throw targetExists(target)
    return rename(part, target)
  }
  await unlink(part)
}

/** What a forced download replaces, other than a plain file by a file, is kept under another name. */
async function moveAside(target: string): Promise<void> {
  for (let n = 1; ; n++) {
    const aside = join(dirname(target), `${basename(target)}.replaced-${n}`)
    if ((await statPath(aside)) === undefined) return rename(target, aside)
  }
}

/** The rename changed the ctime of the file itself; below a folder it touches none. */
async function recordIdentity(share: ShareOnDisk, target: string): Promise<void> {
  const stat = await statPath(target)
  if (stat?.isFile() === true) share.mark([{ file: 0, ...identityOf(stat) }])
}

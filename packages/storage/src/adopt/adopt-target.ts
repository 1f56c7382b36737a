import { constants } from 'node:fs'
import { access, rename, truncate } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Bitfield } from '@p2pshare/base'
import type { FileIdentity } from '@p2pshare/ports'
import { errnoOf, writeError } from '../disk/disk-error.ts'
import { MANY_FILES } from '../disk/file-system-sync.ts'
import { syncFolder } from '../disk/folder.ts'
import { openPlain, statPath } from '../disk/plain-file.ts'
import type { Identity } from '../disk/identity.ts'
import { moveAside } from '../store/move-to-target.ts'
import type { PartFiles } from '../store/part-files.ts'
import type { Places } from '../store/places.ts'
import { PlacedFiles, putPlacedFiles } from '../store/placed-files.ts'
import type { ShareOnDisk } from '../store/share-state.ts'
import { adoptDiffers, adoptMismatch, adoptReadOnly } from './adopt-error.ts'
import { type AdoptWish, wishToAdopt } from './adopt-wish.ts'
import { putAdopted } from './adopted-files.ts'
import type { Looking } from './look-at-copy.ts'
import { type Copy, surveyTarget } from './survey.ts'

/** Systems that cannot sync a file opened for reading, or have nothing to sync. */
const NO_SYNC = new Set(['EROFS', 'EPERM', 'EACCES', 'EINVAL', 'EBADF', 'ENOTSUP'])

/** What the log says of a file that was not the share's. */
const LOST = 'a file at an adopted target holds other bytes: mixed is repaired, other is kept beside it'

/** How a download begins with what is at its target. */
export interface Adoption extends Omit<Looking, 'layout' | 'hasher'> {
  readonly target: string
  readonly wish: AdoptWish
  /** Whether a file is wanted; what is there of others is used if it is whole, and else left alone. */
  wants(file: number): boolean
}

/**
 * Takes over what is at the target of a download that has not begun: first everything is looked at, then, if nothing
 * of the user's would be lost that he did not give up, whole files count as placed, and unfinished ones become part
 * files, by their names alone. The catalogue hears of all of it at the end; after a kill before that, it begins anew,
 * and finds what it moved already.
 *
 * @throws ShareError `storage.adopt-differs`, `storage.adopt-mismatch`, `storage.not-writable`, and what reading throws;
 *   nothing was changed then. `storage.write-failed`
 */
export async function adoptTarget(share: ShareOnDisk, adoption: Adoption): Promise<void> {
  const { target } = adoption
  const { kind, files } = share.layout
  const there = await statPath(target)
  const isExpected = kind === 'folder' ? there?.isDirectory() : there?.isFile()
  if (there !== undefined && isExpected !== true) throw adoptMismatch(target, there, kind)
  const pathOf = ({ file }: Copy): string => join(target, ...share.places.parts(file))
  const copies = await usefulCopies(share, adoption, pathOf)
  const placed = new PlacedFiles(target, new Bitfield(files.length))
  try {
    const kept = await take(share, { copies, placed, pathOf })
    if (there !== undefined && (kind === 'folder' || placed.files.isFull)) share.place(placed)
    record(share, { adoption, kept, placed })
  } catch (error) {
    throw writeError(error, target)
  }
}

/** What is there of files that matter, if it may be taken. */
async function usefulCopies(
  share: ShareOnDisk,
  adoption: Adoption,
  pathOf: (copy: Copy) => string
): Promise<Copy[]> {
  const { layout, context } = share
  const looking = { ...adoption, layout, hasher: context.hasher }
  const useful = (await surveyTarget(share, adoption.target, looking)).filter(
    ({ file, verdict, at }) => verdict === 'whole' || at === 'part' || adoption.wants(file)
  )
  const lost = useful.filter(({ verdict }) => verdict === 'mixed' || verdict === 'other')
  if (lost.length > 0 && !adoption.wish.mayRepair) throw adoptDiffers(lost.map(pathOf), layout.files.length)
  for (const copy of useful) if (copy.verdict !== 'whole') await requireWritable(copy, pathOf(copy))
  return useful
}

interface Taking {
  copies: readonly Copy[]
  placed: PlacedFiles
  pathOf(copy: Copy): string
}

/** What is kept of a copy, durably. */
interface Kept {
  readonly copy: Copy
  readonly identity: FileIdentity
}

async function take(share: ShareOnDisk, { copies, placed, pathOf }: Taking): Promise<Kept[]> {
  const { context, places } = share
  const kept: Kept[] = []
  const parts = share.beginDownload()
  const isSynced = copies.length >= MANY_FILES && (await context.syncAll?.(placed.target)) === true
  const touched = new Set<string>()
  for (const copy of copies) {
    const { file, verdict, identity } = copy
    const path = pathOf(copy)
    if (verdict === 'whole') {
      if (!isSynced) await syncFile(path)
      placed.files.set(file)
      kept.push({ copy, identity: { file, ...identity } })
      continue
    }
    if (verdict !== 'unfinished') context.log.warn({ path, verdict }, LOST)
    touched.add(dirname(path))
    if (verdict === 'other') {
      await moveAside(path)
      continue
    }
    touched.add(dirname(places.path(file)))
    kept.push({ copy, identity: { file, ...(await moveToPart(parts, copy, { path, places })) } })
  }
  for (const folder of touched) if ((await statPath(folder)) !== undefined) await syncFolder(folder)
  await parts.syncFolders()
  await context.pool.dropAll(share.poolKey)
  share.parts = undefined
  return kept
}

/** @returns what the file is like then, of full length and durable */
async function moveToPart(
  parts: PartFiles,
  { file, at, look, identity }: Copy,
  { path, places }: { path: string; places: Places }
): Promise<Identity> {
  const part = places.path(file)
  await parts.makeFolder(places.parts(file).slice(0, -1))
  if (at === 'target') {
    await rename(path, part)
    // Zeros take their place, so that another adoption, after this one was given up, knows what is missing.
    if (look.cut > 0) await truncate(part, look.cutFrom)
  }
  parts.expect(file, identity.inode)
  await parts.write(file, new Uint8Array(0), 0) // opens it, which gives it its length
  return parts.syncOne(file)
}

function record(
  share: ShareOnDisk,
  { adoption, kept, placed }: { adoption: Adoption; kept: readonly Kept[]; placed: PlacedFiles }
): void {
  const { layout, context, cid, durable } = share
  const { catalogue } = context
  const moved = new Bitfield(layout.files.length)
  let bytes = 0
  for (const { copy } of kept) {
    if (copy.verdict !== 'whole') moved.set(copy.file)
    else bytes += layout.files.at(copy.file)?.inline.reduce((sum, { data }) => sum + data.byteLength, 0) ?? 0
    for (const piece of copy.look.right) {
      durable.set(piece)
      bytes += layout.dataSize(piece)
    }
  }
  catalogue.transaction(() => {
    if (share.placed !== undefined) putPlacedFiles(catalogue, cid, placed)
    share.mark(kept.map(({ identity }) => identity))
    putAdopted(catalogue, cid, { bytes, moved })
    wishToAdopt(catalogue, adoption.target, undefined)
  })
}

/** What is marked must be durable: whoever wrote the file may not have synced it. */
async function syncFile(path: string): Promise<void> {
  const { handle } = await openPlain(path, constants.O_RDONLY)
  try {
    await handle.datasync()
  } catch (error) {
    if (!NO_SYNC.has(errnoOf(error) ?? '')) throw error
  } finally {
    await handle.close()
  }
}

async function requireWritable({ at }: Copy, path: string): Promise<void> {
  if (at === 'part') return
  try {
    await access(path, constants.W_OK)
    await access(dirname(path), constants.W_OK | constants.X_OK)
  } catch (error) {
    throw adoptReadOnly(path, error)
  }
}

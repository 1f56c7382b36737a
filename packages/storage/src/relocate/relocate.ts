import { realpath } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Bitfield, printable, ShareError } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { FileIdentity, RelocateOptions, Relocation, ShareRecord, ShareRoot } from '@p2pshare/ports'
import { isAbsent, readError } from '../disk/disk-error.ts'
import { statPath } from '../disk/plain-file.ts'
import { keyOf, putSource, sourceOf } from '../sealed/sealed-records.ts'
import { SealedSource } from '../sealed/sealed-source.ts'
import { forgetRoots, placeOf } from '../several/root-records.ts'
import { SharePlace } from '../several/share-place.ts'
import type { StoreContext } from '../store/context.ts'
import { retarget } from '../store/part-place.ts'
import { placedFilesOf } from '../store/placed-files.ts'
import { checkTarget } from '../target/check-target.ts'
import { checkMoved, notTheShare } from './check-moved.ts'
import { WithoutClaims } from './without-claims.ts'

/** See `ShareFiles.relocate`. */
export async function relocate(
  record: ShareRecord,
  layout: ShareLayout | undefined,
  path: string,
  context: StoreContext,
  options: RelocateOptions
): Promise<Relocation> {
  if (!record.complete) return relocateFetch(record, layout, path, context)
  if (layout === undefined) throw notTheShare(path)
  const { roots } = placeOf(context.catalogue, record)
  const source = sourceOf(context.catalogue, record.cid)
  const secret = keyOf(context.catalogue, record.cid)?.secret
  const isSealed = source !== undefined && secret !== undefined && source.path === record.path
  const real = await realPath(
    path,
    roots === undefined && (layout.kind === 'file' || isSealed) ? basename(record.path) : undefined
  )
  if (roots !== undefined) await checkNames(real, roots)
  if (!isSealed) {
    const { identities, hashed } = await checkMoved(record, layout, real, context, options)
    return {
      path: real,
      hashed,
      record: () => recordMoved(context, { record, layout, path: real, identities })
    }
  }
  const dry = new WithoutClaims(context.catalogue)
  const moved = { path: real, manifest: source.manifest }
  const store = await SealedSource.open(record.cid, layout, moved, {
    secret,
    place: new SharePlace(real),
    context: { ...context, catalogue: dry.catalogue }
  })
  await store.verify((done, total) => options.onProgress?.(done, total), options.signal)
  await store.close()
  if (!store.have.isFull) throw notTheShare(real)
  return {
    path: real,
    hashed: layout.size,
    record: () => {
      putSource(context.catalogue, record.cid, moved)
      recordMoved(context, { record, layout, path: real, identities: dry.identities })
    }
  }
}

/**
 * A share of several paths can go on as one folder, which must have all of them under their names.
 * @throws ShareError `storage.not-the-share`
 */
async function checkNames(folder: string, roots: readonly ShareRoot[]): Promise<void> {
  for (const { name } of roots) {
    if ((await statPath(join(folder, name))) !== undefined) continue
    throw new ShareError({
      code: 'storage.not-the-share',
      fault: 'user',
      message: `there is no ${printable(name)} in ${printable(folder)}, which must have all ${roots.length} paths of the share; nothing was changed`,
      hint: 'Move all of them into one folder, under their names, and name that; or put back what was moved.',
      detail: { path: join(folder, name) }
    })
  }
}

/** A fetch that runs gets another target, which must be free; what was fetched stays where it is until it is whole. */
async function relocateFetch(
  record: ShareRecord,
  layout: ShareLayout | undefined,
  path: string,
  { catalogue, reserve }: StoreContext
): Promise<Relocation> {
  if (layout !== undefined && placedFilesOf(catalogue, record, layout) !== undefined)
    throw hasPlacedFiles(record)
  await checkTarget(path, { force: false }, reserve)
  return {
    path,
    hashed: 0,
    record: () =>
      catalogue.transaction(() => {
        const share = catalogue.share(record.cid)
        // It came to its end meanwhile.
        if (share === undefined || share.complete) return
        retarget(catalogue, share, path)
        catalogue.putShare({ ...share, path })
      })
  }
}

/** Part of it is at its old target, under final names. */
function hasPlacedFiles({ path }: ShareRecord): ShareError {
  return new ShareError({
    code: 'storage.target-exists',
    fault: 'user',
    message: `some files of this fetch are at ${printable(path)} already, under their names`,
    hint: 'Let it end there, and relocate it then.',
    detail: { path }
  })
}

function recordMoved(
  { catalogue }: StoreContext,
  moved: { record: ShareRecord; layout: ShareLayout; path: string; identities: Iterable<FileIdentity> }
): void {
  const { record, layout, path, identities } = moved
  catalogue.transaction(() => {
    const share = catalogue.share(record.cid)
    if (share === undefined) return
    // One folder has it all now.
    forgetRoots(catalogue, record.cid)
    catalogue.putShare({ ...share, path })
    catalogue.putIdentities(record.cid, identities)
    catalogue.putHave(record.cid, Bitfield.full(layout.pieceCount))
  })
}

/** @param name - of a file, which may be told by the folder that it lies in */
async function realPath(path: string, name: string | undefined): Promise<string> {
  try {
    const real = await realpath(path)
    const inside = name === undefined ? undefined : join(real, name)
    const isFolder = inside !== undefined && (await statPath(real))?.isDirectory() === true
    return isFolder && (await statPath(inside)) !== undefined ? inside : real
  } catch (error) {
    if (!isAbsent(error)) throw readError(error, path)
    throw new ShareError({
      code: 'storage.no-such-path',
      fault: 'user',
      message: `${printable(path)} does not exist`,
      hint: 'Move the files there first: relocate tells where they lie, and moves nothing.',
      detail: { path },
      cause: error
    })
  }
}

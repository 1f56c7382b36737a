import { dirname } from 'node:path'
import type { PieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { FileIdentity, OpenOptions, ShareRecord } from '@p2pshare/ports'
import { adoptWish } from '../adopt/adopt-wish.ts'
import { adoptTarget } from '../adopt/adopt-target.ts'
import { giveBack } from '../adopt/adopted-files.ts'
import { forEachAtMost } from '../disk/at-most.ts'
import { missing } from '../disk/disk-error.ts'
import { type Identity, identityOf, sameIdentity } from '../disk/identity.ts'
import { IdentityTable } from '../disk/identity-table.ts'
import { statPath } from '../disk/plain-file.ts'
import { placeOf } from '../several/root-records.ts'
import { removeParts } from '../target/remove-files.ts'
import type { StoreContext } from './context.ts'
import { finishedBefore, recordComplete } from './finish.ts'
import { forgetPartPath, leftPartPath, reservePartPath } from './part-place.ts'
import { recoverMoves } from './place-files.ts'
import { forgetPlacedFiles, placedFilesOf } from './placed-files.ts'
import { findPlaces, isOfMany, Places } from './places.ts'
import { piecesOf, recheckFile } from './recheck.ts'
import { ShareOnDisk } from './share-state.ts'

/** Files looked at together when a store opens; of very many, a few batches of the thread for small files. */
const STATS_AT_ONCE = 16
const MANY_STATS_AT_ONCE = 512

/**
 * Finds out which pieces of a share are really there.
 *
 * The rule, for part files and finished ones alike: a piece counts when the catalogue has it *and*
 * its file is exactly (size, mtime, ctime, inode) what it was when the catalogue was told; the
 * marked pieces of every other file are hashed now, before anything is claimed. After a clean stop
 * nothing is hashed. After a kill, only the files that were written since the last mark are, at
 * about the speed of reading; since marked pieces are never written again, they pass. Hashing them
 * later, when somebody asks, would be quicker, but would claim pieces that may be wrong.
 *
 * @throws ShareError `storage.missing` when the folder of a download is gone (a disk that is not mounted)
 */
export async function openShare(
  record: ShareRecord,
  layout: ShareLayout,
  context: StoreContext,
  opening: OpenOptions = {}
): Promise<ShareOnDisk> {
  const recorded = new IdentityTable(layout.files.length, context.catalogue.identities(record.cid))
  if (record.complete || (await finishedBefore(context.catalogue, record, layout, recorded))) {
    const share = new ShareOnDisk(
      record.cid,
      layout,
      context,
      await findPlaces(placeOf(context.catalogue, record), layout, recorded)
    )
    await claim(share, true)
    await discardLeftover(record, layout, context)
    if (!record.complete) recordComplete(share, record.path)
    return share
  }
  const partPath = await reservePartPath(context.catalogue, record)
  if ((await statPath(dirname(partPath))) === undefined) throw missing(dirname(partPath))
  const share = new ShareOnDisk(record.cid, layout, context, new Places(partPath, layout))
  await takeUp(share, record, opening)
  await claim(share, false)
  // What the check opened was for reading only.
  await context.pool.dropAll(share.poolKey)
  const parts = share.beginDownload()
  if (isOfMany(layout)) context.small.start()
  for (const file of filesWithPieces(share)) {
    const identity = share.identities.get(file)
    if (identity !== undefined && !share.isAtPlace(file)) parts.expect(file, identity.inode)
  }
  return share
}

/** What lies at the target of a download: files that were placed, or what is to be taken over. */
async function takeUp(share: ShareOnDisk, record: ShareRecord, opening: OpenOptions): Promise<void> {
  const { catalogue } = share.context
  const target = record.path
  const wish = adoptWish(catalogue, target)
  if (wish !== undefined) {
    const { signal, onLooked = () => {}, wants = () => true } = opening
    return adoptTarget(share, { target, wish, signal, onLooked, wants })
  }
  const placed = placedFilesOf(catalogue, record, share.layout)
  if (placed === undefined) return
  share.place(placed)
  await recoverMoves(share)
}

/** A share that was being fetched, and was then seeded from elsewhere, leaves a part file behind. */
async function discardLeftover(
  record: ShareRecord,
  layout: ShareLayout,
  context: StoreContext
): Promise<void> {
  const left = leftPartPath(context.catalogue, record.cid)
  if (left === undefined) return
  await giveBack(context.catalogue, record, left, layout)
  await removeParts(left, layout)
  forgetPlacedFiles(context.catalogue, record.cid)
  forgetPartPath(context.catalogue, record.cid)
}

/** Fills `have` by the rule above. */
async function claim(share: ShareOnDisk, complete: boolean): Promise<void> {
  const { layout, durable, wraps } = share
  for (const piece of durable.ones()) {
    if (layout.isWrapped(piece as PieceIndex) && !wraps.has(piece as PieceIndex)) durable.clear(piece)
  }
  const rechecked: FileIdentity[][] = []
  const atOnce = isOfMany(layout) ? MANY_STATS_AT_ONCE : STATS_AT_ONCE
  await forEachAtMost(atOnce, layout.files.keys(), async (file) => {
    // Of what has its final name, all was there.
    const isAtPlace = complete || share.placed?.has(file) === true
    const pieces = [...piecesOf(layout, file, isAtPlace ? undefined : durable)]
    if (pieces.length === 0) return forgetIdentity(share, file)
    if (await isUnchanged(share, file, pieces)) return pieces.forEach((piece) => share.have.set(piece))
    const confirmed = await claimRechecked(share, { file, pieces, isAtPlace })
    if (confirmed !== undefined) rechecked.push(confirmed)
  })
  if (rechecked.length > 0) share.mark(rechecked.flat())
}

/** @returns what to record: the file, if it can be told by its looks from now on; undefined when nothing changes */
async function claimRechecked(
  share: ShareOnDisk,
  { file, pieces, isAtPlace }: { file: number; pieces: readonly PieceIndex[]; isAtPlace: boolean }
): Promise<FileIdentity[] | undefined> {
  const { have, durable, placed } = share
  const { identity, absent } = await recheckFile({
    reader: share.reader,
    places: share.places,
    file,
    pieces,
    verdict: (piece, right) => right && have.set(piece)
  })
  if (identity === undefined) forgetIdentity(share, file)
  const isWhole = pieces.every((piece) => have.has(piece))
  if (!isWhole && placed?.has(file) === true) placed.strayed.set(file, absent ? 'missing' : 'changed')
  // A finished file that is away may come back (a disk that is not mounted): the catalogue keeps its claim.
  if (absent && isAtPlace) return undefined
  for (const piece of pieces) {
    if (have.has(piece)) durable.set(piece)
    else durable.clear(piece)
  }
  return identity === undefined ? [] : [{ file, ...identity }]
}

function forgetIdentity(share: ShareOnDisk, file: number): void {
  share.identities.delete(file)
}

async function isUnchanged(
  share: ShareOnDisk,
  file: number,
  pieces: readonly PieceIndex[]
): Promise<boolean> {
  const known: Identity | undefined = share.identities.get(file)
  if (known === undefined || !pieces.every((piece) => share.durable.has(piece))) return false
  const path = share.places.path(file)
  const seen = isOfMany(share.layout) ? await share.context.small.stat(path) : undefined
  // What has the same inode and the same times is of the same kind, too.
  if (seen !== undefined) return sameIdentity(seen, known)
  const stat = await statPath(path)
  return stat?.isFile() === true && sameIdentity(identityOf(stat), known)
}

function* filesWithPieces(share: ShareOnDisk): Generator<number> {
  for (const file of share.layout.files.keys()) {
    if (!piecesOf(share.layout, file, share.have).next().done) yield file
  }
}

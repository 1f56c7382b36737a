import type { ShareLayout } from '@p2pshare/content'
import type { Catalogue, Log } from '@p2pshare/ports'
import { wishToAdopt } from '../adopt/adopt-wish.ts'
import { forgetAdopted, giveBack } from '../adopt/adopted-files.ts'
import { IdentityTable } from '../disk/identity-table.ts'
import { removeSealed } from '../sealed/remove-sealed.ts'
import { forgetRoots, placeOf } from '../several/root-records.ts'
import { forgetPartPath, reservedPartPath } from '../store/part-place.ts'
import { forgetPlacedFiles, placedFilesOf } from '../store/placed-files.ts'
import { piecesOf } from '../store/recheck.ts'
import { removeContent, removeParts } from './remove-files.ts'

/**
 * See `ShareFiles.remove`. Part files that were the user's own, before a download adopted them, are given back, unless
 * the content goes, too.
 */
export async function removeShare(
  cid: string,
  layout: ShareLayout | undefined,
  content: boolean,
  { catalogue, log }: { catalogue: Catalogue; log: Log }
): Promise<void> {
  const record = catalogue.share(cid)
  if (record === undefined) return
  if (await removeSealed(record, content, { catalogue, log })) return
  const partPath = reservedPartPath(catalogue, record)
  if (partPath !== undefined) {
    if (!content && layout !== undefined) await giveBack(catalogue, record, partPath, layout)
    await removeParts(partPath, layout)
  }
  forgetPartPath(catalogue, cid)
  // Of a download that is not complete, the files that have their final name already.
  const isAtPlace = record.complete || (layout && placedFilesOf(catalogue, record, layout)) !== undefined
  if (content && layout !== undefined && isAtPlace) {
    const recorded = new IdentityTable(layout.files.length, catalogue.identities(cid))
    const have = catalogue.have(cid, layout.pieceCount)
    // `verify` looks at a file that is not right, too, and records what it looks like.
    const isWhole = (file: number): boolean => [...piecesOf(layout, file)].every((piece) => have.has(piece))
    await removeContent(placeOf(catalogue, record), layout, { recorded, isWhole, log })
  }
  forgetRoots(catalogue, cid)
  forgetPlacedFiles(catalogue, cid)
  wishToAdopt(catalogue, record.path, undefined)
  forgetAdopted(catalogue, cid)
}

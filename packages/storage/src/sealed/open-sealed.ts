import { pieceIndex } from '@p2pshare/base'
import { PIECE_SIZE, type ShareLayout, wrongKey } from '@p2pshare/content'
import type { PieceStore, ShareRecord } from '@p2pshare/ports'
import type { StoreContext } from '../store/context.ts'
import { DiskPieceStore } from '../store/disk-piece-store.ts'
import { openShare } from '../store/open-store.ts'
import { discardCipher, SealedDownload } from './sealed-download.ts'
import { keyOf, sourceOf } from './sealed-records.ts'
import { SealedSource } from './sealed-source.ts'

/**
 * The store of a private share whose key is here; undefined for any other share.
 * @throws ShareError `content.wrong-key` when the share cannot be a private one, and what opening throws
 */
export async function openSealed(
  record: ShareRecord,
  layout: ShareLayout,
  context: StoreContext
): Promise<PieceStore | undefined> {
  const { cid } = record
  const secret = keyOf(context.catalogue, cid)?.secret
  if (secret === undefined) return undefined
  const source = sourceOf(context.catalogue, cid)
  if (source !== undefined && source.path === record.path) {
    if (record.complete) await discardCipher(context, cid)
    return SealedSource.open(cid, layout, source, { secret, context })
  }
  if (!mayBeSealed(layout)) throw wrongKey()
  const cipher = new DiskPieceStore(await openShare(record, layout, context))
  return record.complete ? cipher : new SealedDownload({ cid, layout, secret, context }, cipher)
}

/** One file of whole blocks, as every private share is. */
function mayBeSealed(layout: ShareLayout): boolean {
  if (layout.kind !== 'file' || layout.size !== layout.pieceCount * PIECE_SIZE) return false
  for (let piece = 0; piece < layout.pieceCount; piece++) {
    if (layout.isWrapped(pieceIndex(piece)) || layout.blockSize(pieceIndex(piece)) !== PIECE_SIZE)
      return false
  }
  return true
}

import {
  isContentFault,
  contentError,
  layoutFromBlocks,
  parseShareRef,
  type ShareLayout
} from '@p2pshare/content'
import type { Catalogue, ShareRecord } from '@p2pshare/ports'

/**
 * The layout of a share whose index is in the catalogue; undefined while it is not.
 * @throws ShareError `content.…` when the stored index is damaged
 */
export function loadLayout(catalogue: Catalogue, record: ShareRecord): ShareLayout | undefined {
  if (!record.indexed) return undefined
  const { root } = parseShareRef(record.cid)
  const layout = layoutFromBlocks(root, catalogue.indexBlocks(record.cid), record.size)
  if (isContentFault(layout)) throw contentError(layout)
  return layout
}

/** The index of a share is complete: its row says so, and each piece can be found by its hash. */
export function recordIndexed(catalogue: Catalogue, record: ShareRecord, layout: ShareLayout): void {
  record.size = layout.size
  record.pieces = layout.pieceCount
  if (!record.indexed) catalogue.putPieceKeys(record.cid, layout.pieceCount, (i) => layout.digest(i))
  record.indexed = true
  catalogue.putShare(record)
}

/** Takes over where the storage has put the bytes of a share. */
export function takeStoredPaths(catalogue: Catalogue, record: ShareRecord): void {
  const stored = catalogue.share(record.cid)
  if (stored !== undefined)
    Object.assign(record, { name: stored.name, path: stored.path, partPath: stored.partPath })
}

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

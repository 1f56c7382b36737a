import { bytes, pieceIndex } from '@p2pshare/base'
import type { CID } from 'multiformats/cid'
import type { LinkTarget } from '../dag/link-target.ts'
import { PieceTable } from '../layout/piece-table.ts'
import type { InlineExtent, ShareLayout } from '../layout/share-layout.ts'
import { TableLayout } from '../layout/table-layout.ts'

/**
 * The layout of a share that is one raw block: a file of one piece (of none when it is empty or
 * lies in its identity CID) and no index.
 */
export function rawRootLayout(root: CID, target: LinkTarget, size: number): ShareLayout {
  const isPiece = !target.identity && size > 0
  const pieces = new PieceTable(isPiece ? 1 : 0)
  if (isPiece) pieces.add(target.digest, size, size, 0, 0)
  const inline: InlineExtent[] =
    target.identity && size > 0 ? [{ offset: bytes(0), data: target.digest }] : []
  const file = {
    path: [],
    diskPath: [],
    cid: root,
    size: bytes(size),
    firstPiece: pieceIndex(0),
    pieceCount: pieces.count,
    inline
  }
  return new TableLayout({
    root,
    kind: 'file',
    files: [file],
    folders: [],
    skipped: [],
    indexBlocks: [],
    pieces
  })
}

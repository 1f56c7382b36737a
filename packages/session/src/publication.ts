import type { PieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { KeyList, Publication } from '@p2pshare/ports'

const NOTHING: KeyList = { count: 0, key: () => new Uint8Array(0) }

/**
 * What a share is announced under: its root always (a partial holder is a source too), its files
 * and chunks once all of it is here.
 */
export function publicationOf(share: string, layout: ShareLayout, complete: boolean): Publication {
  const root = layout.root.multihash.digest
  const files = layout.files.filter(
    (file) => file.path.length > 0 && file.cid.multihash.digest.byteLength === 32
  )
  return {
    share,
    root,
    files: complete ? { count: files.length, key: (i) => files[i]?.cid.multihash.digest ?? root } : NOTHING,
    chunks: complete ? { count: layout.pieceCount, key: (i) => layout.digest(i as PieceIndex) } : NOTHING
  }
}

import type { PieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { KeyList, Publication } from '@p2pshare/ports'
import { equals } from 'uint8arrays/equals'

/** Bytes of what the DHT has keys for. */
const DIGEST_SIZE = 32
const NOTHING: KeyList = { count: 0, key: () => new Uint8Array(0) }

/**
 * What a share is announced under: its root always (a partial holder is a source too), its files
 * and chunks once all of it is here.
 */
export function publicationOf(share: string, layout: ShareLayout, complete: boolean): Publication {
  const root = layout.root.multihash.digest
  return {
    share,
    root,
    files: complete ? fileKeys(layout) : NOTHING,
    chunks: complete ? { count: layout.pieceCount, key: (i) => layout.digest(i as PieceIndex) } : NOTHING
  }
}

/** The files below the root, but for those that are one chunk and announced as such, once. */
function fileKeys(layout: ShareLayout): KeyList {
  if (layout.kind === 'file') return NOTHING
  const several = new Uint32Array(layout.files.length)
  let count = 0
  for (const [i, file] of layout.files.entries()) {
    const { digest } = file
    const isChunk = file.pieceCount === 1 && equals(digest, layout.digest(file.firstPiece))
    if (!isChunk && digest.byteLength === DIGEST_SIZE) several[count++] = i
  }
  const files = several.slice(0, count)
  return { count, key: (i) => layout.files.at(files[i] ?? 0)?.digest ?? layout.root.multihash.digest }
}

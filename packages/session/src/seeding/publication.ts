import type { PieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import type { KeyList, Publication } from '@p2pshare/ports'
import { equals } from 'uint8arrays/equals'

/** What of a share others can find it by: its root alone, its files, too, or also every chunk. */
export type AnnounceLevel = 'roots' | 'files' | 'chunks'

/** Bytes of what the DHT has keys for. */
const DIGEST_SIZE = 32
const NOTHING: KeyList = { count: 0, key: () => new Uint8Array(0) }

/**
 * What a share is announced under: its root always (a partial holder is a source too), its files
 * and chunks once all of it is here, as far as the level goes.
 */
export function publicationOf(
  share: string,
  layout: ShareLayout,
  complete: boolean,
  level: AnnounceLevel
): Publication {
  const root = layout.root.multihash.digest
  const chunks: KeyList = { count: layout.pieceCount, key: (i) => layout.digest(i as PieceIndex) }
  return {
    share,
    root,
    files: complete && level !== 'roots' ? fileKeys(layout, level) : NOTHING,
    chunks: complete && level === 'chunks' ? chunks : NOTHING
  }
}

/** The files below the root, but for those that are one chunk and announced as such, once. */
function fileKeys(layout: ShareLayout, level: AnnounceLevel): KeyList {
  if (layout.kind === 'file') return NOTHING
  const several = new Uint32Array(layout.files.length)
  let count = 0
  for (const [i, file] of layout.files.entries()) {
    const { digest } = file
    const isChunk =
      level === 'chunks' && file.pieceCount === 1 && equals(digest, layout.digest(file.firstPiece))
    if (!isChunk && digest.byteLength === DIGEST_SIZE) several[count++] = i
  }
  const files = several.slice(0, count)
  return { count, key: (i) => layout.files.at(files[i] ?? 0)?.digest ?? layout.root.multihash.digest }
}

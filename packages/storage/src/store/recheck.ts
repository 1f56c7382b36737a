import { type Bitfield, type PieceIndex, pieceIndex } from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import { forEachAtMost } from '../disk/at-most.ts'
import { type Identity, identityOf, sameIdentity } from '../disk/identity.ts'
import { statPath } from '../disk/plain-file.ts'
import type { BlockReader } from './block-reader.ts'
import type { Places } from './places.ts'

/** Pieces hashed at once: enough for libuv's four threads, and 8 MiB of buffers at most. */
const AT_ONCE = 4

/** Pieces of a file that the set holds, in order; all of the file's pieces without a set. */
export function* piecesOf(layout: ShareLayout, file: number, among?: Bitfield): Generator<PieceIndex> {
  const entry = layout.files.at(file)
  if (entry === undefined) return
  const end = entry.firstPiece + entry.pieceCount
  for (let p = entry.firstPiece as number; p < end; p++) {
    if (among === undefined || among.has(p)) yield pieceIndex(p)
  }
}

/** What hashing a file's pieces gave. */
export interface RecheckResult {
  /** Set when the file did not change meanwhile; only then the identity may be recorded. */
  identity: Identity | undefined
  /** There is no file at the path at all. */
  absent: boolean
}

/**
 * Hashes pieces of one file, and tells each verdict as it falls.
 * @throws ShareError `storage.unreadable`; the signal's reason when it aborts
 */
export async function recheckFile(options: {
  reader: BlockReader
  places: Places
  file: number
  pieces: Iterable<PieceIndex>
  verdict(piece: PieceIndex, right: boolean): void
  signal?: AbortSignal | undefined
}): Promise<RecheckResult> {
  const { reader, places, file, pieces, verdict, signal } = options
  const path = places.path(file)
  await reader.reopen(file)
  const before = await statPath(path)
  if (before === undefined) {
    for (const piece of pieces) verdict(piece, false)
    return { identity: undefined, absent: true }
  }
  await forEachAtMost(AT_ONCE, pieces, async (piece) => {
    signal?.throwIfAborted()
    verdict(piece, await reader.check(piece))
  })
  const after = await statPath(path)
  const stable = after !== undefined && sameIdentity(identityOf(before), identityOf(after))
  return { identity: stable ? identityOf(after) : undefined, absent: false }
}

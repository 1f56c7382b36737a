import type { FileIdentity } from '@p2pshare/ports'
import { putPlacedFiles } from './placed-files.ts'
import { piecesOf, recheckFile } from './recheck.ts'
import type { ShareOnDisk } from './share-state.ts'

/**
 * Hashes every piece whose file is there, and corrects what we and the catalogue claim, in both
 * directions: pieces that came back count again. The catalogue hears of it file by file.
 *
 * @param onProgress - pieces looked at, of all pieces
 * @throws ShareError `storage.unreadable`; the signal's reason when it aborts, with what was
 *   found so far recorded
 */
export async function verifyShare(
  share: ShareOnDisk,
  onProgress?: (done: number, total: number) => void,
  signal?: AbortSignal
): Promise<void> {
  const { layout, have, durable } = share
  let done = 0
  for (const file of layout.files.keys()) {
    signal?.throwIfAborted()
    const pieces = [...piecesOf(layout, file)]
    if (pieces.length === 0) continue
    const before = new Set(pieces.filter((piece) => have.has(piece)))
    const { identity, absent } = await recheckFile({
      reader: share.reader,
      places: share.places,
      file,
      pieces,
      signal,
      verdict: (piece, right) => {
        if (right) have.set(piece)
        // A piece that was written while we looked is not judged by what lay there before.
        else if (before.has(piece)) have.clear(piece)
        onProgress?.(++done, layout.pieceCount)
      }
    })
    judgePlace(share, file, absent)
    await record(share, file, identity, absent)
    for (const piece of pieces) if (!have.has(piece)) durable.clear(piece)
  }
  share.mark([])
}

/** A file that got its name ahead of the rest: given up when it is away, and left alone when it is another now. */
function judgePlace(
  { placed, cid, context, layout, have }: ShareOnDisk,
  file: number,
  absent: boolean
): void {
  if (placed?.has(file) !== true) return
  placed.strayed.delete(file)
  if (absent) {
    placed.release(file)
    putPlacedFiles(context.catalogue, cid, placed)
  } else if (![...piecesOf(layout, file)].every((piece) => have.has(piece))) {
    placed.strayed.set(file, 'changed')
  }
}

async function record(
  share: ShareOnDisk,
  file: number,
  identity: Omit<FileIdentity, 'file'> | undefined,
  absent: boolean
): Promise<void> {
  const { layout, have, durable, parts } = share
  if (absent) {
    share.identities.delete(file)
    await parts?.forget(file)
    return
  }
  // What is marked must be durable: bytes found in a part file may never have been synced.
  const synced = parts === undefined || share.isAtPlace(file) ? identity : await parts.syncOne(file)
  for (const piece of piecesOf(layout, file)) {
    if (have.has(piece)) durable.set(piece)
    else durable.clear(piece)
  }
  if (synced === undefined) share.identities.delete(file)
  share.mark(synced === undefined ? [] : [{ file, ...synced }])
}

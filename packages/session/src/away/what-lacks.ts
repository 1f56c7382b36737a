import { bytes, isShareError, pieceIndex, printable, ShareError } from '@p2pshare/base'
import type { PieceStore, ShareFiles } from '@p2pshare/ports'
import { pathOf } from './held-errors.ts'

/**
 * Why a store does not have all: asked of its first piece that lacks. `storage.changed` where its file is there.
 * @returns undefined when it has all
 */
export async function whatLacks(
  store: Pick<PieceStore, 'have' | 'read'>,
  files: Pick<ShareFiles, 'look'>
): Promise<ShareError | undefined> {
  const first = store.have.nextClear()
  if (first === -1) return undefined
  try {
    await store.read(pieceIndex(first), bytes(0), bytes(1))
  } catch (error) {
    if (!isShareError(error)) throw error
    const path = error.code === 'storage.missing' ? pathOf(error) : undefined
    const isThere = path !== undefined && (await files.look(path)) !== undefined
    return isThere ? changed(path, error) : error
  }
  return undefined
}

function changed(path: string, cause: ShareError): ShareError {
  return new ShareError({
    code: 'storage.changed',
    fault: 'disk',
    message: `${printable(path)} is not what was shared`,
    hint: 'Put back what was shared, or seed the path again.',
    detail: { path },
    cause
  })
}

import { bytes, isShareError, pieceIndex, type ShareError } from '@p2pshare/base'
import type { PieceStore } from '@p2pshare/ports'

/**
 * Why a store does not have all: asked of its first piece that lacks.
 * @returns undefined when it has all
 */
export async function whatLacks(store: PieceStore): Promise<ShareError | undefined> {
  const first = store.have.nextClear()
  if (first === -1) return undefined
  try {
    await store.read(pieceIndex(first), bytes(0), bytes(1))
  } catch (error) {
    if (isShareError(error)) return error
    throw error
  }
  return undefined
}

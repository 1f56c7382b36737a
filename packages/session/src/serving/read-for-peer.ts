import { isShareError } from '@p2pshare/base'
import type { LentBytes } from './block-cache.ts'
import type { PieceRange } from '../peers/participant.ts'
import type { ShareDriver } from '../share/share-driver.ts'

/**
 * Reads of a share for a peer. A file that is not what was shared puts the share into `error`.
 * @param into - as `ShareBytes.read`
 * @throws ShareError as `PieceStore.read`
 */
export async function readForPeer(
  driver: Pick<ShareDriver, 'bytes' | 'trouble'>,
  range: PieceRange,
  into?: Uint8Array
): Promise<LentBytes> {
  try {
    return await driver.bytes.read(range, into)
  } catch (error) {
    if (isShareError(error) && error.fault === 'disk') driver.trouble.fail(error)
    throw error
  }
}

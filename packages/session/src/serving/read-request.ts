import type { RefuseReason, RequestMessage } from '@p2pshare/wire'
import { checkedRanges, readRun } from './requested-bytes.ts'
import { readForPeer } from './read-for-peer.ts'
import type { ShareDriver } from '../share/share-driver.ts'
import type { BlockAnswer } from './uploader.ts'

/**
 * Reads what a peer requests of a share, if the share has all of it and may give it now.
 * @param driver - undefined when this node does not have the share
 * @throws ShareError as `readForPeer`
 */
export async function readRequest(
  driver: ShareDriver | undefined,
  request: RequestMessage
): Promise<BlockAnswer | RefuseReason> {
  if (driver === undefined) return 'unknown-share'
  const refusal = driver.refusal()
  if (refusal !== undefined) return refusal
  const { layout } = driver.bytes
  if (layout === undefined || request.piece + request.count > layout.pieceCount) return 'lacking'
  const ranges = checkedRanges(request, (piece) => layout.blockSize(piece as typeof request.piece))
  if (ranges === undefined) return 'unspecified'
  if (!ranges.every((range) => driver.hasPiece(range.piece))) return 'lacking'
  const share = driver.cid
  const [only] = ranges
  if (only === undefined || ranges.length > 1)
    return { bytes: await readRun(driver, ranges, request.length), share }
  const lent = await readForPeer(driver, only)
  return { bytes: lent.bytes, share, giveBack: () => lent.giveBack() }
}

import { bytes } from '@p2pshare/base'
import type { RequestMessage } from '@p2pshare/wire'
import type { PieceRange } from '../peers/participant.ts'
import { readForPeer } from './read-for-peer.ts'
import type { ShareDriver } from '../share/share-driver.ts'
import { requestedRanges } from './uploader.ts'

/** The ranges that a request names; undefined when they do not lie in their pieces or do not add up. */
export function checkedRanges(
  request: RequestMessage,
  blockSize: (piece: number) => number
): PieceRange[] | undefined {
  const ranges: PieceRange[] = []
  let total = 0
  for (const range of requestedRanges(request, blockSize)) {
    total += range.length
    // A run of very many pieces costs a few bytes to ask for: no step further than they add up.
    if (total > request.length || range.offset + range.length > blockSize(range.piece)) return undefined
    const { piece, offset, length } = range
    ranges.push({ piece, offset: bytes(offset), length: bytes(length) })
  }
  return total === request.length ? ranges : undefined
}

/** Blocks in a row, one behind the other. All are asked for at once, so that the store can get them together. */
export async function readRun(
  driver: ShareDriver,
  ranges: readonly PieceRange[],
  total: number
): Promise<Uint8Array> {
  const out = new Uint8Array(total)
  let at = 0
  await Promise.all(
    ranges.map((range) => {
      const into = out.subarray(at, at + range.length)
      at += range.length
      return readForPeer(driver, range, into)
    })
  )
  return out
}

import type { CID } from 'multiformats/cid'
import { blockKey, targetOf } from '../dag/link-target.ts'
import { type ContentFault, contentFault, isContentFault } from '../fault.ts'
import type { IndexBlock, ShareLayout } from '../layout/share-layout.ts'
import { MAX_BLOCK_SIZE } from '../limits.ts'
import { RAW } from '../cid/supported-cid.ts'
import { expandLayout } from './expand.ts'
import { IndexSource } from './index-source.ts'
import { rawRootLayout } from './raw-root.ts'
import { sumTotals } from './totals.ts'

/** Checks a whole dag-pb DAG and makes its layout: sums first, unfolds only what fits. */
export function makeLayout(source: IndexSource, root: CID): ShareLayout | ContentFault {
  const target = targetOf(root)
  if (isContentFault(target)) return target
  const totals = sumTotals(source, target)
  if (isContentFault(totals)) return totals
  if (totals.root.kind === 'symlink')
    return contentFault('unsupported-root', 'the hash names a symbolic link')
  return expandLayout(source, root, target, totals)
}

/**
 * Makes a layout again from the index blocks kept of it.
 *
 * @param blocks - those of `layout.indexBlocks`, in any order; trusted to match their CIDs
 * @param rootSize - content bytes; needed only when the root is a raw leaf, which has no index
 * @returns a fault when a block is missing (`index-incomplete`) or the share is refused
 */
export function layoutFromBlocks(
  root: CID,
  blocks: Iterable<IndexBlock>,
  rootSize?: number
): ShareLayout | ContentFault {
  const target = targetOf(root)
  if (isContentFault(target)) return target
  if (target.codec === RAW) {
    const size = target.identity ? target.digest.byteLength : rootSize
    if (size === undefined || size > MAX_BLOCK_SIZE)
      return contentFault('index-incomplete', 'the size of a raw root is missing')
    return rawRootLayout(root, target, size)
  }
  const source = new IndexSource()
  for (const block of blocks) {
    const blockTarget = targetOf(block.cid)
    if (isContentFault(blockTarget)) return blockTarget
    source.add(blockKey(blockTarget), block)
  }
  return makeLayout(source, root)
}

import type { ImportOptions } from '@p2pshare/ports'
import type { ShareDriver } from './share-driver.ts'

/**
 * The latest complete share of a path, with its layout: what of it is unchanged need not be hashed again.
 * @param isWanted - whether a share is of the same kind, private or not
 */
export function earlierShare(
  drivers: Iterable<ShareDriver>,
  path: string,
  isWanted: (cid: string) => boolean
): ReturnType<NonNullable<ImportOptions['earlier']>> {
  let latest: ShareDriver | undefined
  for (const driver of drivers) {
    const { record } = driver
    if (record.path !== path || !record.complete || !isWanted(record.cid)) continue
    if (latest === undefined || record.addedAt > latest.record.addedAt) latest = driver
  }
  const layout = latest?.bytes.layout
  return latest === undefined || layout === undefined ? undefined : { cid: latest.cid, layout }
}

import { dirname } from 'node:path'
import type { RelocateOptions } from '@p2pshare/ports'
import type { NodeParts } from '../node-parts.ts'
import { forgetNewerVersion } from '../seeding/older-version.ts'
import type { ShareDriver } from './share-driver.ts'
import { takeStoredPaths } from './share-layouts.ts'

/**
 * A share lies, or a fetch goes, somewhere else from now on. What is wrong leaves everything as it is. A share that is
 * paused stays so; one that was in error or away is taken up.
 * @returns bytes that had to be read
 * @throws ShareError as `ShareFiles.relocate`
 */
export async function relocateShare(
  parts: NodeParts,
  driver: ShareDriver,
  path: string,
  options: RelocateOptions
): Promise<number> {
  const { cid, record, bytes } = driver
  const place = await parts.files.relocate(cid, bytes.layout, path, options)
  await driver.stop()
  place.record()
  takeStoredPaths(parts.catalogue, record)
  // All of it is there, whatever has become of the path that it had.
  if (record.complete) forgetNewerVersion(parts.catalogue, cid)
  const part = record.partPath ?? record.path
  await parts.mounts.remember(cid, [record.complete ? record.path : dirname(record.path), part])
  driver.changed()
  if (record.state === 'error') driver.resume()
  else driver.start()
  return place.hashed
}

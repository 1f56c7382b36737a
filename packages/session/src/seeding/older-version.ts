import { ShareError } from '@p2pshare/base'
import type { Catalogue, KeyValueStore } from '@p2pshare/ports'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import type { ShareBytes } from '../share/share-bytes.ts'
import type { ShareDriver } from '../share/share-driver.ts'

/** The hash that took a share's place at its path; undefined for one that is no older version. */
export function newerVersion(catalogue: Catalogue, cid: string): string | undefined {
  const newer = area(catalogue).get(cid)
  return newer === undefined ? undefined : toString(newer)
}

/**
 * From now on, and over restarts, the share is an older version of its path.
 * @param path - where it lies now
 */
export async function becomeOlder(
  { catalogue }: { catalogue: Catalogue },
  driver: ShareDriver,
  newer: string,
  path: string
): Promise<void> {
  area(catalogue).put(driver.cid, fromString(newer))
  await driver.stop()
  driver.record.path = path
  catalogue.putShare(driver.record)
  if (driver.record.state === 'error') driver.resume()
  else driver.start()
}

/** The path holds this version again, or the share is gone. @returns whether it was an older version */
export function forgetNewerVersion(catalogue: Catalogue, cid: string): boolean {
  const was = newerVersion(catalogue, cid) !== undefined
  if (was) area(catalogue).delete(cid)
  return was
}

/**
 * Looks which pieces of an older version are still on disk: what has changed since is hashed, so that nothing is
 * claimed that is not there any more.
 * @returns the reason to show
 * @throws ShareError `session.superseded` when nothing is left; as `ShareFiles.open`
 */
export async function lookWhatIsLeft(bytes: ShareBytes, newer: string): Promise<string> {
  await bytes.close()
  const { have } = await bytes.open()
  if (have.isEmpty) throw supersededError(newer)
  return `older version: ${have.count} of ${have.length} pieces are still there; the newer one is ${newer}`
}

function supersededError(newer: string): ShareError {
  return new ShareError({
    code: 'session.superseded',
    fault: 'disk',
    message: `older version: nothing of it is left; the newer one is ${newer}`,
    hint: 'Share the newer hash, put the old content back, or remove this share.',
    detail: { newer }
  })
}

function area(catalogue: Catalogue): KeyValueStore {
  return catalogue.values('newer-version')
}

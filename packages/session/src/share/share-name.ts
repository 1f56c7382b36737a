import { dirname, join } from 'node:path'
import { diskName } from '@p2pshare/content'
import type { ShareFiles, ShareRecord } from '@p2pshare/ports'

/**
 * A fetch by hash alone has only the hash for a name. A name that peers suggest is nicer, and taken
 * when nothing on disk has it yet.
 *
 * @param suggested - has passed the name gate
 * @returns whether the record changed
 */
export async function adoptName(
  files: ShareFiles,
  record: ShareRecord,
  suggested: string | undefined
): Promise<boolean> {
  if (suggested === undefined || record.name !== record.cid || record.partPath !== undefined) return false
  const path = join(dirname(record.path), diskName(suggested))
  try {
    await files.checkTarget(path, { force: false })
  } catch {
    return false
  }
  record.name = suggested
  record.path = path
  return true
}

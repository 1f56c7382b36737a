import { join } from 'node:path'
import { readError } from '../disk/disk-error.ts'
import { statPath } from '../disk/plain-file.ts'
import type { ShareOnDisk } from '../store/share-state.ts'
import { adoptMismatch } from './adopt-error.ts'
import { type CopyVerdict, judgeCopy } from './judge-copy.ts'
import { type CopyFound, type Looking, lookAtCopy } from './look-at-copy.ts'

/** A file of a share of which something is there. */
export interface Copy extends CopyFound {
  readonly file: number
  /** Where it was found; `part`: an earlier try was interrupted after it had moved it there. */
  readonly at: 'target' | 'part'
  readonly verdict: CopyVerdict
}

/**
 * Looks at everything that is at the places of a share's files, without following a link, and without a write.
 * @throws ShareError `storage.adopt-mismatch`, `storage.unreadable`, `storage.changed-while-reading`
 */
export async function surveyTarget(share: ShareOnDisk, target: string, looking: Looking): Promise<Copy[]> {
  const { layout, places } = share
  const copies: Copy[] = []
  const isFolder = folderLook(target)
  for (const [file, { size, diskPath }] of layout.files.entries()) {
    looking.signal?.throwIfAborted()
    const path = join(target, ...diskPath)
    const part = places.path(file)
    try {
      if ((await statPath(part))?.isFile() === true) {
        const found = await lookAtCopy(part, file, looking)
        copies.push({ ...found, file, at: 'part', verdict: 'unfinished' })
        continue
      }
      const stat = (await isFolder(diskPath.slice(0, -1))) ? await statPath(path) : undefined
      if (stat === undefined) continue
      if (!stat.isFile()) throw adoptMismatch(path, stat, 'file')
      const found = await lookAtCopy(path, file, looking)
      copies.push({ ...found, file, at: 'target', verdict: judgeCopy(found.look, size) })
    } catch (error) {
      if (looking.signal?.aborted === true) throw error
      throw readError(error, path)
    }
  }
  return copies
}

/**
 * Whether a folder of the share is there, all the way from the target; each is looked at once.
 * @throws ShareError `storage.adopt-mismatch` when a link, or something else, is in its place
 */
function folderLook(target: string): (parts: readonly string[]) => Promise<boolean> {
  const known = new Map<string, boolean>()
  const look = async (parts: readonly string[]): Promise<boolean> => {
    const path = join(target, ...parts)
    const before = known.get(path)
    if (before !== undefined) return before
    const above = parts.length === 0 || (await look(parts.slice(0, -1)))
    const stat = above && parts.length > 0 ? await statPath(path) : undefined
    if (stat?.isDirectory() === false) throw adoptMismatch(path, stat, 'folder')
    const isThere = parts.length === 0 || stat !== undefined
    known.set(path, isThere)
    return isThere
  }
  return look
}

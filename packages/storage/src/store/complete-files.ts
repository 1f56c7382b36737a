import { forEachAtMost } from '../disk/at-most.ts'
import type { PartFiles } from './part-files.ts'
import type { ShareOnDisk } from './share-state.ts'

/** Files made together. */
const AT_ONCE = 4

/**
 * Brings files what no piece brings: inline bytes, and empty files themselves; all of it is durable then, but for the
 * names in folders that are new.
 */
export async function completeFiles(
  share: ShareOnDisk,
  parts: PartFiles,
  files: Iterable<number>
): Promise<void> {
  const made: number[] = []
  await forEachAtMost(AT_ONCE, files, async (file) => {
    const entry = share.layout.files.at(file)
    if (entry === undefined || (entry.pieceCount > 0 && entry.inline.length === 0)) return
    await parts.write(file, new Uint8Array(0), 0)
    for (const { offset, data } of entry.inline) await parts.write(file, data, offset)
    made.push(file)
  })
  const { synced, failed } = await parts.sync(made)
  for (const error of failed.values()) throw error
  // The next start tells by these whether a file was renamed.
  if (synced.length > 0) share.mark(synced)
}

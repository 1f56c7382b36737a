import { dirname } from 'node:path'
import type { ShareFiles, ShareRecord } from '@p2pshare/ports'
import type { ShareMounts } from './share-mounts.ts'

/** What a look at the files of a share found. */
export type Presence =
  /** `mark` changes whenever what was looked at does. */
  | { kind: 'here'; mark: string }
  /** The disk that was mounted there is away. */
  | { kind: 'offline'; mount: string }
  | { kind: 'missing'; path: string }

/**
 * Looks whether the files of a share are there; opens nothing.
 * @param path - a file of it that was missed before; else its root is looked at
 */
export async function lookForShare(
  { files, mounts }: { files: Pick<ShareFiles, 'look'>; mounts: Pick<ShareMounts, 'away'> },
  record: Readonly<Pick<ShareRecord, 'cid' | 'complete' | 'path' | 'partPath'>>,
  path: string | undefined,
  isMounted: (mount: string) => Promise<boolean>
): Promise<Presence> {
  const mount = await mounts.away(record.cid, isMounted)
  if (record.complete) {
    const wanted = path ?? record.path
    const mark = await files.look(wanted)
    // What is there counts, wherever it is mounted: it is checked before it is served.
    if (mark !== undefined) return { kind: 'here', mark }
    return mount === undefined ? { kind: 'missing', path: wanted } : { kind: 'offline', mount }
  }
  // A mount point is a folder, too: a fetch must not write into it.
  if (mount !== undefined) return { kind: 'offline', mount }
  for (const folder of new Set([dirname(record.partPath ?? record.path), dirname(record.path)]))
    if ((await files.look(folder)) === undefined) return { kind: 'missing', path: folder }
  return { kind: 'here', mark: 'there' }
}

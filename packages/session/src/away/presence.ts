import { dirname, sep } from 'node:path'
import type { ShareFiles, ShareRecord } from '@p2pshare/ports'
import type { ShareMounts } from './share-mounts.ts'

/** What a look at the files of a share found. */
export type Presence =
  /** `mark` changes whenever what was looked at does. */
  | { kind: 'here'; mark: string }
  /** The disk that was mounted there is away. */
  | { kind: 'offline'; mount: string; path?: string }
  | { kind: 'missing'; path: string }

/**
 * Looks whether the files of a share are there; opens nothing.
 * @param path - a file of it that was missed before; else what it lies at is looked at, of several paths each
 */
export async function lookForShare(
  { files, mounts }: { files: Pick<ShareFiles, 'look' | 'rootsOf'>; mounts: Pick<ShareMounts, 'away'> },
  record: Readonly<Pick<ShareRecord, 'cid' | 'complete' | 'path' | 'partPath'>>,
  path: string | undefined,
  isMounted: (mount: string) => Promise<boolean>
): Promise<Presence> {
  const mount = await mounts.away(record.cid, isMounted)
  if (record.complete) return lookAtAll(files, path === undefined ? pathsOf(files, record) : [path], mount)
  // A mount point is a folder, too: a fetch must not write into it.
  if (mount !== undefined) return { kind: 'offline', mount }
  for (const folder of new Set([dirname(record.partPath ?? record.path), dirname(record.path)]))
    if ((await files.look(folder)) === undefined) return { kind: 'missing', path: folder }
  // A part file that is gone is fetched anew; one that had its name already is the user's, who may put it back.
  if (path?.startsWith(record.path + sep) !== true) return { kind: 'here', mark: 'there' }
  const mark = await files.look(path)
  return mark === undefined ? { kind: 'missing', path } : { kind: 'here', mark }
}

/** Looks whether something is at each path. @param mount - of a disk that is away */
async function lookAtAll(
  files: Pick<ShareFiles, 'look'>,
  paths: readonly string[],
  mount: string | undefined
): Promise<Presence> {
  const marks: string[] = []
  for (const path of paths) {
    const mark = await files.look(path)
    // What is there counts, wherever it is mounted: it is checked before it is served.
    if (mark !== undefined) marks.push(mark)
    else return mount === undefined ? { kind: 'missing', path } : { kind: 'offline', mount, path }
  }
  return { kind: 'here', mark: marks.join() }
}

/** The paths that a share lies at, or is fetched to; one, but of a share of several. */
export function pathsOf(
  files: Pick<ShareFiles, 'rootsOf'>,
  { cid, path }: Readonly<Pick<ShareRecord, 'cid' | 'path'>>
): readonly string[] {
  return files.rootsOf(cid)?.map((root) => root.path) ?? [path]
}

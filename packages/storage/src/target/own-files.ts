import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { printable, ShareError } from '@p2pshare/base'

/**
 * Refuses a target that is, holds or lies in something of the daemon itself: a download that replaced its
 * configuration would say which program runs next, one that replaced its catalogue would lose every share. Links on the
 * way are followed; the target itself need not exist.
 *
 * @param path - absolute
 * @param own - absolute paths of files and folders, whether they exist or not; what belongs to a file is meant, too
 *   (`catalogue.db-wal`, `daemon.log.1`)
 * @throws ShareError `storage.own-target`
 */
export async function refuseOwnFiles(path: string, own: readonly string[]): Promise<void> {
  const target = await truePath(resolve(path))
  for (const each of own) {
    const mine = await truePath(resolve(each))
    if (touches(target, mine)) throw ownTarget(path, each)
  }
}

/** Letters of either case are one here: on disks of macOS and Windows they name one file. */
function touches(target: string, mine: string): boolean {
  const [a, b] = [target.toLowerCase(), mine.toLowerCase()]
  if (a === b || b.startsWith(withSlash(a)) || a.startsWith(withSlash(b))) return true
  return basename(b).includes('.') && (a.startsWith(`${b}-`) || a.startsWith(`${b}.`))
}

async function truePath(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const parent = dirname(path)
    return parent === path ? path : join(await truePath(parent), basename(path))
  }
}

const withSlash = (path: string): string => (path.endsWith(sep) ? path : path + sep)

function ownTarget(path: string, own: string): ShareError {
  return new ShareError({
    code: 'storage.own-target',
    fault: 'user',
    message: `${printable(path)} is, or holds, a file of the daemon itself (${printable(own)}); nothing is fetched there`,
    hint: 'Choose another target with -o.',
    detail: { path, own }
  })
}

import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { printable, ShareError } from '@p2pshare/base'

/**
 * The true path of one that a caller on another machine named, which must lie in one of the folders that are open to
 * such callers: whoever may share and fetch anything anywhere may read and write every file of this user. The answer
 * is the same whether or not there is something outside.
 *
 * @param path - absolute
 * @param folders - absolute; `downloads` first
 * @throws ShareError `daemon.outside-remote-folders`
 */
export async function withinFolders(path: string, folders: readonly string[]): Promise<string> {
  const target = await truePath(resolve(path))
  for (const folder of folders) {
    const root = await truePath(resolve(folder))
    if (target !== undefined && root !== undefined && isWithin(target, root)) return target
  }
  throw outside(path, folders)
}

/**
 * The path with links followed as far as it exists, and the rest as it is; undefined where that cannot be told, as of
 * a link that leads nowhere.
 */
async function truePath(path: string): Promise<string | undefined> {
  try {
    return await realpath(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return undefined
  }
  if ((await lstat(path).catch(() => undefined)) !== undefined) return undefined
  const parent = dirname(path)
  if (parent === path) return path
  const above = await truePath(parent)
  return above === undefined ? undefined : join(above, basename(path))
}

function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

function outside(path: string, folders: readonly string[]): ShareError {
  return new ShareError({
    code: 'daemon.outside-remote-folders',
    fault: 'user',
    message: `${printable(path, 200)} is not open to other machines`,
    hint: `Open are: ${folders.map((folder) => printable(folder, 200)).join(', ')}; more with p2pshare config set remoteFolders there.`
  })
}

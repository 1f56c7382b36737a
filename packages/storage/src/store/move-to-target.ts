import { link, rename, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { printable, ShareError } from '@p2pshare/base'
import type { Catalogue } from '@p2pshare/ports'
import { errnoOf, missing } from '../disk/disk-error.ts'
import { statPath } from '../disk/plain-file.ts'
import { mayReplace } from '../target/replace-wish.ts'

/** Errors of `link` that mean: this file system has no hard links. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'])

/** The target is there, and nobody allowed to replace it. */
export function targetExists(path: string): ShareError {
  return new ShareError({
    code: 'storage.target-exists',
    fault: 'user',
    message: `${printable(path)} exists already`,
    hint: 'Choose another target with -o, go on from what is there with --adopt, or replace it with --force.',
    detail: { path }
  })
}

/**
 * Gives a part file or folder its final name.
 * @throws ShareError `storage.target-exists`, `storage.missing`; the system's errors
 */
export async function moveToTarget(
  { part, kind, catalogue }: { part: string; kind: 'file' | 'folder'; catalogue: Catalogue },
  target: string
): Promise<void> {
  const own = await statPath(part)
  if (own === undefined) throw missing(part)
  const there = await statPath(target)
  if (there === undefined) {
    await (kind === 'folder' ? rename(part, target) : moveFileIfFree(part, target))
  } else if (there.isFile() && there.ino === own.ino && there.dev === own.dev) {
    await unlink(part) // an earlier run was killed between `link` and `unlink`
  } else {
    if (!mayReplace(catalogue, target)) throw targetExists(target)
    if (kind === 'folder' || !there.isFile()) await moveAside(target)
    await rename(part, target)
  }
}

/** `link` fails where the name is taken, `rename` would overwrite. */
async function moveFileIfFree(part: string, target: string): Promise<void> {
  try {
    await link(part, target)
  } catch (error) {
    const errno = errnoOf(error) ?? ''
    if (errno === 'EEXIST') throw targetExists(target)
    if (!NO_LINKS.has(errno)) throw error
    if ((await statPath(target)) !== undefined) throw targetExists(target)
    return rename(part, target)
  }
  await unlink(part)
}

/** What a forced download replaces, other than a plain file by a file, is kept under another name. */
export async function moveAside(target: string): Promise<void> {
  await rename(target, await freeNameBeside(target))
}

/** A name in the same folder that nothing has. */
export async function freeNameBeside(target: string): Promise<string> {
  for (let n = 1; ; n++) {
    const aside = join(dirname(target), `${basename(target)}.replaced-${n}`)
    if ((await statPath(aside)) === undefined) return aside
  }
}

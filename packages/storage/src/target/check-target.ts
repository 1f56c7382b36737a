import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { formatSize, printable, ShareError } from '@p2pshare/base'
import { adoptMismatch } from '../adopt/adopt-error.ts'
import { isAbsent, readError } from '../disk/disk-error.ts'
import { type DiskReserve, freeSpace } from '../disk/free-space.ts'
import { statPath } from '../disk/plain-file.ts'
import { targetExists } from '../store/move-to-target.ts'

/** See `ShareFiles.checkTarget`. */
export async function checkTarget(
  path: string,
  options: { size?: number; force: boolean; adopt?: boolean },
  reserve: DiskReserve
): Promise<void> {
  const folder = dirname(path)
  // Of what is there, all may be right, so that nothing has to be written.
  if (options.adopt === true && (await isThere(path))) return
  await requireWritableFolder(folder)
  try {
    if (!options.force && (await statPath(path)) !== undefined) throw targetExists(path)
  } catch (error) {
    throw readError(error, path)
  }
  const { size } = options
  if (size === undefined) return
  const free = await freeSpace(folder, reserve)
  if (size > free) throw tooLarge(path, size, free)
}

async function isThere(path: string): Promise<boolean> {
  try {
    const stat = await statPath(path)
    if (stat === undefined || stat.isFile() || stat.isDirectory()) return stat !== undefined
    throw adoptMismatch(path, stat, 'file')
  } catch (error) {
    throw readError(error, path)
  }
}

async function requireWritableFolder(folder: string): Promise<void> {
  try {
    if (!(await stat(folder)).isDirectory()) throw noSuchFolder(folder)
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    if (error instanceof ShareError) throw error
    if (isAbsent(error)) throw noSuchFolder(folder)
    throw new ShareError({
      code: 'storage.not-writable',
      fault: 'disk',
      message: `nothing can be written to ${printable(folder)}`,
      hint: 'Check its permissions, or choose another folder with -o.',
      detail: { path: folder },
      cause: error
    })
  }
}

function noSuchFolder(folder: string): ShareError {
  return new ShareError({
    code: 'storage.no-such-folder',
    fault: 'user',
    message: `there is no folder ${printable(folder)}`,
    hint: 'Make it first, or choose another target with -o.',
    detail: { path: folder }
  })
}

function tooLarge(path: string, size: number, free: number): ShareError {
  return new ShareError({
    code: 'storage.disk-full',
    fault: 'disk',
    message: `${printable(path)} needs ${formatSize(size)}, the disk has ${formatSize(free)} to spare`,
    hint: 'Free some space, or choose a target on another disk with -o.',
    detail: { path, size, free, errno: 'reserve' }
  })
}

import { constants, readlinkSync } from 'node:fs'
import { mkdir, open, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import type { FileHandle } from 'node:fs/promises'
import { printable, ShareError } from '@p2pshare/base'
import { errnoOf } from './disk-error.ts'
import { statPath } from './plain-file.ts'

/** Makes the entries of a folder (new names, renames) durable. */
export async function syncFolder(path: string): Promise<void> {
  // Windows cannot open folders; NTFS journals its names by itself.
  if (process.platform === 'win32') return
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/**
 * Makes a folder, or finds it there: a real folder, no symbolic link, and of our own user, so that
 * nobody else steers where we write.
 *
 * @returns whether it is new
 * @throws the system's error, or ShareError `storage.write-failed`
 */
export async function ensureOwnFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path, 0o755)
    return true
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error
  }
  const stat = await statPath(path)
  const uid = process.geteuid?.()
  if (stat?.isDirectory() && (uid === undefined || stat.uid === BigInt(uid))) return false
  throw trespass(path)
}

/**
 * Checks that an open file lies where its path says, so that no symbolic link in a folder on the
 * way led us elsewhere, not even one that was put there a moment ago.
 *
 * @param realRoot - `realpath` of the folder that must hold the file
 */
export async function assertInside(
  handle: FileHandle,
  realRoot: string,
  parts: readonly string[]
): Promise<void> {
  const expected = join(realRoot, ...parts)
  const actual =
    process.platform === 'linux'
      ? readlinkSync(`/proc/self/fd/${handle.fd}`) // answered by the kernel alone, whatever disk it is
      : join(await realpath(join(realRoot, ...parts.slice(0, -1))), ...parts.slice(-1))
  if (actual !== expected) throw trespass(expected)
}

/** Something leads elsewhere than into a folder of our own. */
export function trespass(path: string): ShareError {
  return new ShareError({
    code: 'storage.write-failed',
    fault: 'disk',
    message: `${printable(path)} is a link, or belongs to another user; nothing was written there`,
    hint: 'Remove it, or choose another target with -o.',
    detail: { path, errno: 'ELOOP' }
  })
}

import type { BigIntStats } from 'node:fs'
import { type FileHandle, lstat, open } from 'node:fs/promises'
import { ShareError, printable } from '@p2pshare/base'
import { isAbsent } from './disk-error.ts'
import { FILE_MODE, PLAIN_FLAGS } from './plain-flags.ts'

/** An open file, and what it was like as it was opened. */
export interface OpenFile {
  readonly handle: FileHandle
  readonly stat: BigIntStats
}

/**
 * Opens a plain file: symbolic links are not followed, FIFOs and devices do not block, and what is
 * no plain file is closed again.
 *
 * @param flags - of `node:fs` constants, such as `O_RDONLY`
 * @throws the system's error, or ShareError `storage.not-a-file`
 */
export async function openPlain(path: string, flags: number): Promise<OpenFile> {
  const handle = await open(path, flags | PLAIN_FLAGS, FILE_MODE)
  try {
    const stat = await handle.stat({ bigint: true })
    if (stat.isFile()) return { handle, stat }
  } catch (error) {
    await handle.close()
    throw error
  }
  await handle.close()
  throw new ShareError({
    code: 'storage.not-a-file',
    fault: 'disk',
    message: `${printable(path)} is not a plain file`,
    hint: 'Something put a link or a special file where the share has a file; remove it and resume.',
    detail: { path }
  })
}

/** `lstat` with nanosecond times; undefined when there is nothing at the path. */
export async function statPath(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true })
  } catch (error) {
    if (isAbsent(error)) return undefined
    throw error
  }
}

/**
 * Fills `target` from `position` on.
 * @returns whether all of it was there; false when the file ends before
 */
export async function readFully(handle: FileHandle, target: Uint8Array, position: number): Promise<boolean> {
  let done = 0
  while (done < target.byteLength) {
    const { bytesRead } = await handle.read(target, done, target.byteLength - done, position + done)
    if (bytesRead === 0) return false
    done += bytesRead
  }
  return true
}

/** Writes all of `data` at `position`; one call may take several writes. */
export async function writeFully(handle: FileHandle, data: Uint8Array, position: number): Promise<void> {
  let done = 0
  while (done < data.byteLength) {
    const { bytesWritten } = await handle.write(data, done, data.byteLength - done, position + done)
    done += bytesWritten
  }
}

/** A buffer of its own with any content, for bytes that are about to be read: zeroing it costs as much as the read. */
export function uninitialized(size: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
}

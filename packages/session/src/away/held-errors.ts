import { isShareError, printable, ShareError } from '@p2pshare/base'

/** Writing fails until somebody changes something about the folder or its disk. */
const NOT_WRITABLE = new Set(['EROFS', 'EACCES', 'EPERM'])

/** The disk of a share is not mounted. */
export function diskOffline(path: string, why: string): ShareError {
  return new ShareError({
    code: 'storage.offline',
    fault: 'disk',
    message: `offline: ${printable(path)} is away (${printable(why)}); goes on by itself when it is back`,
    hint: 'Mount the disk, or put the folder back. If it lies elsewhere now, say where: `p2pshare relocate`.',
    detail: { path }
  })
}

/** A file, or the folder of a fetch, is not where it was, on a disk that is there. */
export function fileMissing(path: string): ShareError {
  return new ShareError({
    code: 'storage.missing',
    fault: 'disk',
    message: `file missing: ${printable(path)}; goes on by itself when it is back`,
    hint: 'Put it back, or say where it lies now (`p2pshare relocate`), or remove the share.',
    detail: { path }
  })
}

/** It is there again, and something else. */
export function notAsShared(path: string): ShareError {
  return new ShareError({
    code: 'storage.missing',
    fault: 'disk',
    message: `file missing: what is at ${printable(path)} now is not what was shared; goes on by itself when that is back`,
    hint: 'Put back what was shared, or seed the path again under its new hash, or remove the share.',
    detail: { path }
  })
}

/** Nothing can be written to the target. */
export function targetReadOnly({ message, hint, detail }: ShareError): ShareError {
  return new ShareError({
    code: 'storage.write-failed',
    fault: 'disk',
    message: `read-only: ${message}; goes on by itself when it can be written again`,
    ...(hint === undefined ? {} : { hint }),
    ...(detail === undefined ? {} : { detail })
  })
}

/** Whether an error says that the target cannot be written to, by rights or by how its disk is mounted. */
export function isReadOnly(error: unknown): error is ShareError {
  return isShareError(error, 'storage.write-failed') && NOT_WRITABLE.has(String(error.detail?.['errno']))
}

/** Whether a read, write or sync failed in the device, which may pass. */
export function isDeviceError(error: unknown): error is ShareError {
  if (!isShareError(error, 'storage.write-failed') && !isShareError(error, 'storage.unreadable')) return false
  return error.detail?.['errno'] === 'EIO'
}

/** The path that an error is about. */
export function pathOf(error: ShareError): string | undefined {
  const path = error.detail?.['path']
  return typeof path === 'string' ? path : undefined
}

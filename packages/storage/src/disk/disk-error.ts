import { isShareError, printable, ShareError } from '@p2pshare/base'

/** The errno name of a failed system call, or undefined when the error is of another kind. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}

/** Whether the path, or a folder on the way to it, does not exist. */
export function isAbsent(error: unknown): boolean {
  const errno = errnoOf(error)
  return errno === 'ENOENT' || errno === 'ENOTDIR'
}

/**
 * What `O_NOFOLLOW | O_NONBLOCK` gives for something that is no plain file: ELOOP (EMLINK on some
 * BSDs) for a symbolic link, ENXIO for a socket or a FIFO without a reader.
 */
export function isNotPlain(error: unknown): boolean {
  const errno = errnoOf(error)
  return errno === 'ELOOP' || errno === 'EMLINK' || errno === 'ENXIO' || errno === 'EISDIR'
}

const FULL = new Set(['ENOSPC', 'EDQUOT'])

const WRITE_HINTS: Readonly<Record<string, string>> = {
  EROFS: 'The disk is mounted read-only; choose another folder with -o, or mount it writable.',
  EACCES: 'Check the permissions of the folder, or choose another one with -o.',
  EPERM: 'Check the permissions of the folder, or choose another one with -o.',
  EIO: 'The disk reports a hardware error; check it before you go on.',
  EFBIG: 'The file is larger than this file system or the process limit allows; choose another disk.',
  EMFILE: 'Too many files are open; raise the limit (ulimit -n) and resume.',
  ENFILE: 'Too many files are open on this machine; close some programs and resume.',
  ENAMETOOLONG: 'The name is too long for this file system; choose another name or folder with -o.'
}

/** The {@link ShareError} for a failed write, sync, rename or folder operation on `path`. */
export function writeError(error: unknown, path: string): ShareError {
  if (isShareError(error)) return error
  const errno = errnoOf(error) ?? 'unknown'
  if (FULL.has(errno)) return diskFull(path, errno, error)
  // A folder on the way went away, with its disk perhaps.
  if (isAbsent(error)) return missing(path, error)
  return new ShareError({
    code: 'storage.write-failed',
    fault: 'disk',
    message: `cannot write ${printable(path)} (${errno})`,
    hint: WRITE_HINTS[errno] ?? 'Check the disk and the folder, then resume.',
    detail: { path, errno },
    cause: error
  })
}

/** The disk has no room left for us. */
export function diskFull(path: string, errno = 'reserve', cause?: unknown): ShareError {
  return new ShareError({
    code: 'storage.disk-full',
    fault: 'disk',
    message: `no space left for ${printable(path)}`,
    hint: 'Free some space on that disk; the download goes on by itself or with "p2pshare resume".',
    detail: { path, errno },
    cause
  })
}

/** The {@link ShareError} for a failed open or read of `path`. */
export function readError(error: unknown, path: string): ShareError {
  if (isShareError(error)) return error
  if (isAbsent(error)) return missing(path, error)
  const errno = errnoOf(error) ?? 'unknown'
  return new ShareError({
    code: 'storage.unreadable',
    fault: 'disk',
    message: `cannot read ${printable(path)} (${errno})`,
    hint: 'Check the permissions of the file and the disk it lies on.',
    detail: { path, errno },
    cause: error
  })
}

/** A file of a share, or bytes of it, are not where they should be. */
export function missing(path: string, cause?: unknown): ShareError {
  return new ShareError({
    code: 'storage.missing',
    fault: 'disk',
    message: `${printable(path)} is not there any more`,
    hint: 'Put the file back (or mount its disk), and it goes on by itself; or remove the share.',
    detail: { path },
    cause
  })
}

/** A file of a share holds other bytes than those that were hashed. */
export function changed(path: string): ShareError {
  return new ShareError({
    code: 'storage.changed',
    fault: 'disk',
    message: `${printable(path)} was changed after it was shared`,
    hint: 'Restore the file and run "p2pshare verify", or seed it again: it then has a new hash.',
    detail: { path }
  })
}

/** A chosen file that had its final name while the rest of its share is still to come is gone from there. */
export function strayedMissing(path: string): ShareError {
  const { code, fault, message, detail } = missing(path)
  const hint = 'Put it back and run "p2pshare verify"; if it stays away, that fetches it again.'
  return new ShareError({ code, fault, message, hint, detail })
}

/** The same, for one that holds other bytes now: these are the user's, and nothing is written over them. */
export function strayedChanged(path: string): ShareError {
  const { code, fault, message, detail } = changed(path)
  const hint = 'Restore it and run "p2pshare verify"; or move it away, and that fetches it again.'
  return new ShareError({ code, fault, message, hint, detail })
}

import { isShareError, printable, ShareError } from '@p2pshare/base'

/** Primary result codes of SQLite (sqlite.org/rescode.html) that mean something to us. */
const BUSY = 5
const LOCKED = 6
const CORRUPT = 11
const FULL = 13
const CANTOPEN = 14
const NOTADB = 26

/** The primary result code of a failed SQLite call, or undefined for errors of another kind. */
export function sqliteCode(error: unknown): number | undefined {
  const e = error as { code?: unknown; errcode?: unknown } | null
  return e?.code === 'ERR_SQLITE_ERROR' && typeof e.errcode === 'number' ? e.errcode & 0xff : undefined
}

/** Whether the error means that another process (or connection) holds the catalogue. */
export function isBusy(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === BUSY || code === LOCKED
}

/** Whether the error means that the bytes of the database are damaged. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  return code === CORRUPT || code === NOTADB || isShareError(error, 'storage.catalogue-damaged')
}

/** Whether the error means that the disk is full. */
export function isFull(error: unknown): boolean {
  return sqliteCode(error) === FULL
}

/** Another daemon holds the catalogue of this home. */
export function lockedError(file: string, cause?: unknown): ShareError {
  return new ShareError({
    code: 'storage.catalogue-locked',
    fault: 'daemon',
    message: `the catalogue ${printable(file)} is in use by another process`,
    hint: 'One daemon runs per home; stop the other one, or use another --home.',
    detail: { file },
    cause
  })
}

/** The catalogue does not say what a catalogue can say. */
export function damagedError(what: string, cause?: unknown): ShareError {
  return new ShareError({
    code: 'storage.catalogue-damaged',
    fault: 'disk',
    message: `the catalogue is damaged: ${printable(what)}`,
    hint: 'Restart the daemon: it keeps a copy of the damaged catalogue and starts a fresh one.',
    cause
  })
}

/** Maps what SQLite threw while working on `file`; other errors pass unchanged. */
export function catalogueError(error: unknown, file: string): unknown {
  const code = sqliteCode(error)
  if (code === undefined) return error
  if (isBusy(error)) return lockedError(file, error)
  if (isDamage(error)) return damagedError((error as Error).message, error)
  if (isFull(error)) {
    return new ShareError({
      code: 'storage.disk-full',
      fault: 'disk',
      message: `no space left for the catalogue ${printable(file)}`,
      hint: 'Free some space on the disk of the home folder.',
      detail: { path: file },
      cause: error
    })
  }
  return new ShareError({
    code: code === CANTOPEN ? 'storage.catalogue-unreachable' : 'storage.write-failed',
    fault: 'disk',
    message: `the catalogue ${printable(file)} cannot be used: ${printable((error as Error).message)}`,
    hint: 'Check the permissions and the disk of the home folder.',
    detail: { path: file, sqlite: code },
    cause: error
  })
}

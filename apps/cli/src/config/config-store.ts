import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
  writeSync
} from 'node:fs'
import { dirname } from 'node:path'
import { printable, ShareError } from '@p2pshare/base'
import { readConfig } from '../settings.ts'

/** Rights of a new file: what is in it is its owner's business. */
const OWNER_ONLY = 0o600

/** What config.json says, as text; undefined where there is none. @throws ShareError `cli.config-damaged` */
export function configText(path: string): string | undefined {
  // Says in words what is wrong with it.
  readConfig(path)
  return rawText(path)
}

/** As {@link configText}, whatever is in it. */
export function rawText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

/**
 * Writes config.json in one step, so that nobody ever reads half of it; a link stays a link, and the rights stay.
 * @param before - what was read: a file that somebody else changed since is not overwritten
 * @throws ShareError `cli.config-not-written`, `cli.config-changed`
 */
export function replaceConfig(path: string, before: string | undefined, text: string): void {
  const target = realPath(path)
  const fresh = `${target}.${process.pid}.new`
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 })
    writeSynced(fresh, text, statSync(target, { throwIfNoEntry: false }))
    if (rawText(target) !== before) throw changed(path)
    renameSync(fresh, target)
  } catch (error) {
    removeLeft(fresh)
    if (error instanceof ShareError) throw error
    throw notWritten(path, (error as NodeJS.ErrnoException).code)
  }
}

/** Takes away what there may be of a file that could not be written. */
function removeLeft(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // The disk that refused the one may refuse the other.
  }
}

/**
 * Makes the file that an editor changes, before it is config.json.
 * @throws ShareError `cli.config-not-written`
 */
export function startDraft(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    writeFileSync(path, text, { flag: 'wx', mode: OWNER_ONLY })
  } catch (error) {
    throw notWritten(path, (error as NodeJS.ErrnoException).code)
  }
}

/**
 * Owner and rights are those of the file that is replaced, whatever the umask: were a file that others could write
 * turned into one that they cannot, the daemon would trust what they wrote.
 */
function writeSynced(path: string, text: string, old: Stats | undefined): void {
  const file = openSync(path, 'wx', OWNER_ONLY)
  try {
    if (old !== undefined && process.platform !== 'win32') {
      const { uid } = fstatSync(file)
      if (uid !== old.uid) fchownSync(file, old.uid, old.gid)
      fchmodSync(file, old.mode & 0o777)
    }
    writeSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

function changed(path: string): ShareError {
  return new ShareError({
    code: 'cli.config-changed',
    fault: 'user',
    message: `${printable(path)} was changed by somebody else meanwhile`,
    hint: 'Nothing was written; try again.'
  })
}

function notWritten(path: string, code: string | undefined): ShareError {
  return new ShareError({
    code: 'cli.config-not-written',
    fault: 'disk',
    message: `${printable(path)} cannot be written (${code ?? 'unknown error'})`,
    hint: 'Check the rights of the folder and the space on its disk.'
  })
}

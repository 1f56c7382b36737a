import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { release } from 'node:os'

/**
 * Makes all that was written to the file system of `path` durable.
 * @returns whether it did; if not, nothing is known, and each file has to be synced by itself
 */
export type FileSystemSync = (path: string) => Promise<boolean>

/** From so many files on, one sync of their file system is cheaper than one for each of them. */
export const MANY_FILES = 16

/** Where coreutils' `sync` is; never looked for on the PATH, which is the user's. */
const PROGRAMS = ['/usr/bin/sync', '/bin/sync']

/**
 * syncfs(2), which Node does not offer, by `sync -f`. Only where a lost write makes it fail: Linux since 5.8
 * (man 2 syncfs). Undefined elsewhere.
 */
export function fileSystemSync(): FileSystemSync | undefined {
  const [major = 0, minor = 0] = release().split('.').map(Number)
  if (process.platform !== 'linux' || major < 5 || (major === 5 && minor < 8)) return undefined
  const program = PROGRAMS.find((path) => existsSync(path))
  if (program === undefined) return undefined
  return (path) =>
    new Promise((resolve) => {
      execFile(program, ['-f', '--', path], { env: {} }, (error) => resolve(error === null))
    })
}

import type { BigIntStats } from 'node:fs'

/** Of a signature that is one file's: what a rename leaves as it was, and the time that it changes. */
const FILE = /^\0(\d+ \d+) \d+ (\d+)\0$/

/** What a file looks like: the same values by which a seeded file counts as unchanged. @param shown - in its entry */
export function fileSignature(shown: string, { size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return `${shown}\0${size} ${mtimeNs} ${ctimeNs} ${ino}\0`
}

/**
 * Whether an entry is probably another one under a new name: the same file, of the same size, not written since; or a
 * folder in which nothing at all changed.
 */
export function isRenamed(before: string, now: string): boolean {
  return before === now || (FILE.test(now) && before.replace(FILE, '$1 $2') === now.replace(FILE, '$1 $2'))
}

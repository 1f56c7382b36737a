import type { BigIntStats } from 'node:fs'
import type { FileIdentity } from '@p2pshare/ports'

/** What tells one state of a file from another, without reading it. */
export type Identity = Omit<FileIdentity, 'file'>

/** Takes the identity out of a `stat` with big integers (nanosecond times). */
export function identityOf(stat: BigIntStats): Identity {
  return { size: Number(stat.size), mtime: stat.mtimeNs, ctime: stat.ctimeNs, inode: stat.ino }
}

/** Whether nothing touched the file in between; ctime betrays even changes whose mtime was set back. */
export function sameIdentity(a: Identity, b: Identity): boolean {
  return sameContentIdentity(a, b) && a.ctime === b.ctime
}

/** The same without ctime: still true after a rename or a change of permissions. */
export function sameContentIdentity(a: Identity, b: Identity): boolean {
  return a.size === b.size && a.mtime === b.mtime && a.inode === b.inode
}

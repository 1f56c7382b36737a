import { createHash, type Hash } from 'node:crypto'
import type { BigIntStats, Dirent } from 'node:fs'
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { MAX_ENTRIES } from '@p2pshare/content'
import { fileSignature } from './signature.ts'

/** Entries of one folder looked at together. */
const AT_ONCE = 16
/** Folders below one another; what lies deeper is not shared either. */
const MOST_DEEP = 64
/** Ends of names that programs give to what they have not finished. */
const UNFINISHED = /\.(part|partial|tmp|temp|crdownload|download|opdownload|aria2|!qb|!ut|swp)$|~$/i

/** What a look at a watched folder saw. */
export type FolderLook =
  | { kind: 'offline'; reason: string }
  | {
      kind: 'seen'
      /** Of the disk; another one after something was mounted there, or is no longer. */
      device: string
      /** Of the folder itself; another one after it was made anew. */
      inode: string
      /** By name of an entry: a text that changes whenever a file in it does. */
      looks: Map<string, string>
    }

/** How a folder is looked at. */
export interface LookOptions {
  /** Of all names that may be shared, in order, those to look at. */
  admit(names: readonly string[]): readonly string[]
  signal: AbortSignal
}

/**
 * Looks at a folder and all that is in it, by size, times and inode; opens no file and follows no symbolic link.
 * Memory: the names of a folder and of those around it, and one text for each entry.
 */
export async function lookAtFolder(root: string, { admit, signal }: LookOptions): Promise<FolderLook> {
  let names: string[]
  let device: string
  let inode: string
  try {
    const stat = await lstat(root, { bigint: true })
    if (!stat.isDirectory()) return { kind: 'offline', reason: 'it is not a folder any more' }
    device = String(stat.dev)
    inode = String(stat.ino)
    names = (await readdir(root)).filter(isEntryName).sort()
  } catch (error) {
    return { kind: 'offline', reason: offlineReason(error) }
  }
  const looks = new Map<string, string>()
  for (const name of admit(names)) {
    signal.throwIfAborted()
    const signature = await lookAtEntry(join(root, name), signal)
    if (signature !== undefined) looks.set(name, signature)
  }
  return { kind: 'seen', device, inode, looks }
}

/** Hidden files and what is still being written by other programs are not shared. */
export function isEntryName(name: string): boolean {
  return !name.startsWith('.') && !UNFINISHED.test(name)
}

async function lookAtEntry(path: string, signal: AbortSignal): Promise<string | undefined> {
  const stat = await statOf(path)
  if (stat === undefined) return undefined
  if (stat.isFile()) return fileSignature('', stat)
  if (!stat.isDirectory()) return undefined
  const walk: Walk = { hash: createHash('sha256'), entries: 0, files: 0, signal }
  await walkFolder(path, '', 0, walk)
  // An empty folder is about to be filled.
  return walk.files === 0 ? undefined : walk.hash.digest('hex')
}

interface Walk {
  readonly hash: Hash
  readonly signal: AbortSignal
  entries: number
  files: number
}

async function walkFolder(path: string, shown: string, depth: number, walk: Walk): Promise<void> {
  if (depth > MOST_DEEP || walk.entries > MAX_ENTRIES) return
  const found = await readdir(path, { withFileTypes: true }).catch(() => undefined)
  if (found === undefined) return void walk.hash.update(`unreadable ${shown}\0`)
  found.sort((a, b) => (a.name < b.name ? -1 : 1))
  walk.entries += found.length
  for (let at = 0; at < found.length; at += AT_ONCE) {
    walk.signal.throwIfAborted()
    const some = found.slice(at, at + AT_ONCE)
    const stats = await Promise.all(
      some.map((entry) => (isPlain(entry) ? statOf(join(path, entry.name)) : undefined))
    )
    for (const [i, { name }] of some.entries()) {
      const stat = stats[i]
      const inside = `${shown}/${name}`
      if (stat?.isDirectory() === true) await walkFolder(join(path, name), inside, depth + 1, walk)
      else if (stat?.isFile() === true) {
        walk.files++
        walk.hash.update(fileSignature(inside, stat))
      }
    }
  }
}

/** Neither links, pipes and the like, nor what a fetch is writing: such is not shared. */
function isPlain(entry: Dirent): boolean {
  return (entry.isFile() || entry.isDirectory()) && !/^\..*\.p2pshare-part$/.test(entry.name)
}

/** What is gone in the meantime, or must not be looked at, is passed over. */
function statOf(path: string): Promise<BigIntStats | undefined> {
  return lstat(path, { bigint: true }).catch(() => undefined)
}

function offlineReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'it is not there'
  return `it cannot be read (${code})`
}

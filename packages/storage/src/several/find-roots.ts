import { constants } from 'node:fs'
import { access, lstat, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { checkName, checkShareName, collisionKey } from '@p2pshare/content'
import type { SeveralPaths } from '@p2pshare/ports'
import { forEachAtMost } from '../disk/at-most.ts'
import { errnoOf, isAbsent, readError } from '../disk/disk-error.ts'
import { type Identity, identityOf } from '../disk/identity.ts'
import { noSuchPath, notShareable, ownData } from '../import/import-error.ts'
import { MAX_ROOTS, pathTwice, sameName, tooManyRoots, unusableName } from './roots-error.ts'
import { SharePlace } from './share-place.ts'

/** Paths looked at together. */
const AT_ONCE = 16

/** A file or folder that is to be shared. */
export interface Root {
  /** Its names in the share: none when it is the share, else the one by which it is an entry. */
  readonly names: readonly string[]
  /** Absolute, without symbolic links. */
  readonly path: string
  readonly isFolder: boolean
  readonly identity: Identity
}

/** What is to be shared, before anything of it is read. */
export interface Wish {
  /** Of the share. */
  readonly name: string
  readonly isFolder: boolean
  readonly place: SharePlace
  /** In the order of their names. */
  readonly roots: readonly Root[]
}

/**
 * Finds what a user named, and checks all that can be checked without reading it.
 * @param own - folders and files of the daemon itself, absolute
 * @throws ShareError `storage.no-such-path`, `storage.not-shareable`, `storage.own-data`, `storage.unreadable`; of
 *   several paths also `content.malformed-share-name`, `storage.too-many-paths`, `storage.unusable-name`,
 *   `storage.same-name`, `storage.path-inside`
 */
export async function findWish(what: string | SeveralPaths, own: readonly string[]): Promise<Wish> {
  if (typeof what !== 'string') return findSeveral(what, own)
  const path = resolve(what)
  const root = await findRoot(path, [])
  await refuseOwnData([root], own)
  return { name: basename(path), isFolder: root.isFolder, place: new SharePlace(root.path), roots: [root] }
}

async function findSeveral({ name, paths }: SeveralPaths, own: readonly string[]): Promise<Wish> {
  checkShareName(name)
  if (paths.length > MAX_ROOTS) throw tooManyRoots(paths.length)
  const wanted = paths.map((path) => resolve(path))
  checkNames(wanted)
  const roots: Root[] = []
  await forEachAtMost(AT_ONCE, wanted, async (path) => {
    const root = await findRoot(path, [basename(path)])
    await access(root.path, constants.R_OK).catch((error: unknown) => {
      throw readError(error, path)
    })
    roots.push(root)
  })
  refuseNested(roots)
  await refuseOwnData(roots, own)
  roots.sort((a, b) => ((a.names[0] ?? '') < (b.names[0] ?? '') ? -1 : 1))
  const entries = roots.map(({ names, path }) => ({ name: names[0] ?? '', path }))
  const place = new SharePlace(folderOfAll(roots.map(({ path }) => path)), entries)
  return { name, isFolder: true, place, roots }
}

/** The path itself may be a link, since the user named it; nothing below it may. */
async function findRoot(path: string, names: readonly string[]): Promise<Root> {
  try {
    const real = await realpath(path)
    const stat = await lstat(real, { bigint: true })
    if (!stat.isFile() && !stat.isDirectory()) throw notShareable(path, kindOf(stat))
    return { names, path: real, isFolder: stat.isDirectory(), identity: identityOf(stat) }
  } catch (error) {
    if (isAbsent(error)) throw noSuchPath(path, error)
    if (errnoOf(error) === 'ELOOP') throw notShareable(path, 'a loop of symbolic links')
    throw readError(error, path)
  }
}

function kindOf(stat: { isFIFO(): boolean; isSocket(): boolean }): string {
  if (stat.isFIFO()) return 'a FIFO'
  return stat.isSocket() ? 'a socket' : 'a device'
}

/** Whoever fetches the share must get every entry under its own name. */
function checkNames(paths: readonly string[]): void {
  const taken = new Map<string, string>()
  for (const path of paths) {
    const name = basename(path)
    const fault = checkName(name)
    if (fault !== undefined) throw unusableName(path, fault.message)
    const key = collisionKey(name)
    const other = taken.get(key)
    if (other === path) throw pathTwice(path, path)
    if (other !== undefined) throw sameName(other, path, basename(other) === name)
    taken.set(key, path)
  }
}

function refuseNested(roots: readonly Root[]): void {
  // What lies in a folder follows it at once in this order.
  const sorted = roots.map(({ path }) => path).sort((a, b) => (withSlash(a) < withSlash(b) ? -1 : 1))
  let outer: string | undefined
  for (const path of sorted) {
    if (outer !== undefined && withSlash(path).startsWith(withSlash(outer))) throw pathTwice(outer, path)
    outer = path
  }
}

async function refuseOwnData(roots: readonly Root[], own: readonly string[]): Promise<void> {
  for (const entry of own) {
    const real = await realPathOfAny(resolve(entry))
    for (const { path } of roots) {
      const touches = real === path || path.startsWith(withSlash(real)) || real.startsWith(withSlash(path))
      if (touches) throw ownData(path, real)
    }
  }
}

/** The nearest folder that all paths lie in. */
function folderOfAll(paths: readonly string[]): string {
  let folder = dirname(paths[0] ?? sep)
  for (const path of paths) while (!path.startsWith(withSlash(folder))) folder = dirname(folder)
  return folder
}

function withSlash(path: string): string {
  return path.endsWith(sep) ? path : path + sep
}

/** `realpath` of what is there, with the names that are not yet. */
async function realPathOfAny(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!isAbsent(error) || dirname(path) === path) return path
    return join(await realPathOfAny(dirname(path)), basename(path))
  }
}

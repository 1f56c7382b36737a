import type { Dir, Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { isShareError, printable, ShareError } from '@p2pshare/base'
import { MAX_ENTRIES } from '@p2pshare/content'
import type { SkippedPath } from '@p2pshare/ports'
import { forEachAtMost } from '../disk/at-most.ts'
import { errnoOf, readError } from '../disk/disk-error.ts'
import { type Identity, identityOf } from '../disk/identity.ts'
import { statPath } from '../disk/plain-file.ts'
import type { Root } from '../several/find-roots.ts'
import { isPartName } from '../store/part-place.ts'

/** Entries of one folder looked at together. */
const STATS_AT_ONCE = 16

/** A plain file below a seeded path. */
export interface FoundFile {
  /** Names of its folder in the share; the same array for all files of a folder. */
  folder: readonly string[]
  name: string
  /** As `lstat` told; the file may have changed since. */
  identity: Identity
}

/** What a walk is told of and asked. */
export interface WalkVisitor {
  /**
   * A folder is about to be entered.
   * @throws ShareError `content.bad-name` to skip it; any other ends the walk
   */
  enter(parts: readonly string[]): void
  skip(skipped: SkippedPath): void
}

/**
 * The plain files of a folder share, in order of their names, depth first. Nothing is followed or
 * opened but folders; what is not shared goes to the visitor with the reason.
 *
 * @param roots - the folder; or the entries of one that is nowhere on disk, in order
 * @throws ShareError `storage.unreadable` for a root, `content.too-many-entries`, what `enter` throws
 */
export async function* walk(
  roots: readonly Root[],
  visitor: WalkVisitor,
  signal: AbortSignal
): AsyncGenerator<FoundFile> {
  const entries = { count: 0 }
  if (roots.some(({ names }) => names.length > 0)) visitor.enter(TOP)
  for (const root of roots) {
    if (root.isFolder) yield* walkFolder({ root, visitor, signal, entries }, root.names)
    else yield { folder: TOP, name: root.names[0] ?? '', identity: root.identity }
  }
}

const TOP: readonly string[] = []

interface WalkState {
  readonly root: Root
  readonly visitor: WalkVisitor
  readonly signal: AbortSignal
  /** Of all roots together. */
  readonly entries: { count: number }
}

/** As deep as `enter` lets it go: 64 folders. */
async function* walkFolder(state: WalkState, parts: readonly string[]): AsyncGenerator<FoundFile> {
  if (!enters(state, parts)) return
  const names = await listFolder(state, parts)
  if (names === undefined) return
  const found = await statEntries(state, parts, names)
  for (const name of names) {
    state.signal.throwIfAborted()
    const entry = found.get(name)
    if (entry === undefined) continue
    if (entry.kind === 'folder') yield* walkFolder(state, [...parts, name])
    else yield { folder: parts, name, identity: entry.identity }
  }
}

function enters(state: WalkState, parts: readonly string[]): boolean {
  try {
    state.visitor.enter(parts)
    return true
  } catch (error) {
    if (!isShareError(error, 'content.bad-name') || parts.length === state.root.names.length) throw error
    state.visitor.skip({ path: shown(parts), reason: 'bad-name' })
    return false
  }
}

/** Sorted names; undefined when the folder, not the root, cannot be read. */
async function listFolder(state: WalkState, parts: readonly string[]): Promise<string[] | undefined> {
  const path = pathOf(state, parts)
  const names: string[] = []
  try {
    const encoding = 'buffer' as BufferEncoding // the declared type does not know this documented value
    const dir: Dir = await opendir(path, { encoding, bufferSize: 256 })
    for await (const entry of dir) {
      state.signal.throwIfAborted()
      if (++state.entries.count > MAX_ENTRIES) throw tooManyEntries(state.root.path)
      const name = readName(entry)
      if (name.sound) names.push(name.text)
      else state.visitor.skip({ path: shown([...parts, name.text]), reason: 'bad-name' })
    }
  } catch (error) {
    if (errnoOf(error)?.startsWith('E') !== true || isShareError(error)) throw error
    if (parts.length === state.root.names.length) throw readError(error, path)
    state.visitor.skip({ path: shown(parts), reason: 'unreadable' })
    return undefined
  }
  return names.sort()
}

function pathOf({ root }: WalkState, parts: readonly string[]): string {
  return join(root.path, ...parts.slice(root.names.length))
}

/** Names are bytes on Linux; those that are no UTF-8 have no place in a DAG. */
function readName(entry: Dirent): { text: string; sound: boolean } {
  const raw = entry.name as string | Buffer
  if (typeof raw === 'string') return { text: raw, sound: raw.isWellFormed() }
  const text = raw.toString()
  return { text, sound: Buffer.from(text).equals(raw) }
}

type Entry = { kind: 'folder' } | { kind: 'file'; identity: Identity }

async function statEntries(
  state: WalkState,
  parts: readonly string[],
  names: readonly string[]
): Promise<Map<string, Entry>> {
  const found = new Map<string, Entry>()
  const folder = pathOf(state, parts)
  const skipped: SkippedPath[] = []
  await forEachAtMost(STATS_AT_ONCE, names, async (name) => {
    const entry = await classify(join(folder, name), name)
    if (typeof entry === 'string') skipped.push({ path: shown([...parts, name]), reason: entry })
    else found.set(name, entry)
  })
  skipped.sort((a, b) => (a.path < b.path ? -1 : 1))
  for (const skip of skipped) state.visitor.skip(skip)
  return found
}

async function classify(path: string, name: string): Promise<Entry | SkippedPath['reason']> {
  if (isPartName(name)) return 'own-data'
  try {
    const stat = await statPath(path)
    if (stat === undefined) return 'unreadable'
    if (stat.isFile()) return { kind: 'file', identity: identityOf(stat) }
    if (stat.isDirectory()) return { kind: 'folder' }
    if (stat.isSymbolicLink()) return 'symlink'
    if (stat.isFIFO()) return 'fifo'
    return stat.isSocket() ? 'socket' : 'device'
  } catch {
    return 'unreadable'
  }
}

/** A path below the root for people and logs. */
export function shown(parts: readonly string[]): string {
  return printable(parts.join('/'), 4096)
}

function tooManyEntries(root: string): ShareError {
  return new ShareError({
    code: 'content.too-many-entries',
    fault: 'user',
    message: `${printable(root)} holds more than ${MAX_ENTRIES} entries`,
    hint: 'Share parts of the folder, or pack it into one archive file.',
    detail: { root, limit: MAX_ENTRIES }
  })
}

import { createHash } from 'node:crypto'
import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { type Clock, isShareError } from '@p2pshare/base'
import { createShareBuilder, PIECE_SIZE, type ShareBuilder, type ShareLayout } from '@p2pshare/content'
import type { Catalogue, Hasher, ImportedShare, ImportOptions, SkippedPath } from '@p2pshare/ports'
import { pipe } from 'it-pipe'
import { errnoOf, isAbsent, isNotPlain, readError } from '../disk/disk-error.ts'
import { type Identity, identityOf } from '../disk/identity.ts'
import { IdentityTable } from '../disk/identity-table.ts'
import type { SmallFiles } from '../small/small-files.ts'
import { BufferRing } from './buffer-ring.ts'
import { EarlierHashes } from './earlier-hashes.ts'
import { digestAt, type HashedFile, type HashTools, hashFile } from './hash-file.ts'
import { aborted, noSuchPath, notShareable, ownData } from './import-error.ts'
import { PathIndex } from './path-index.ts'
import { shown, walk } from './walk.ts'
import { type WalkedFile, WalkedFiles } from './walked-files.ts'

/** Buffers of one import, 1 MiB each: one or two being read, the others being hashed. */
const BUFFERS = 5
/** Files hashed side by side, so that small ones fill a batch. */
const FILES_AT_ONCE = 64

/** What an import needs of its surroundings. */
export interface ImportTools {
  readonly hasher: Hasher
  readonly clock: Clock
  /** Where small files go. */
  readonly small: SmallFiles
  readonly catalogue: Catalogue
  /** Folders and files of the daemon itself, absolute; never shared. */
  readonly ownData: readonly string[]
}

/** Hashes a file or folder in place; see `ShareFiles.import`. */
export async function importShare(
  path: string,
  tools: ImportTools,
  options: ImportOptions
): Promise<ImportedShare> {
  try {
    return await runImport(resolve(path), tools, options)
  } catch (error) {
    if (options.signal.aborted && !isShareError(error)) throw aborted(error)
    throw error
  }
}

async function runImport(path: string, tools: ImportTools, options: ImportOptions): Promise<ImportedShare> {
  const root = await findRoot(path)
  await refuseOwnData(root.path, tools.ownData)
  const builder = createShareBuilder({ sha256: (data) => createHash('sha256').update(data).digest() })
  const skipped: SkippedPath[] = []
  const files = await listFiles(root, builder, skipped, options.signal)
  const found = new IdentityTable(files.length)
  const meter = progressMeter(files, options)
  const share = options.earlier?.(root.path)
  const earlier = share === undefined ? undefined : new EarlierHashes(share, tools.catalogue)
  let hashedBytes = 0
  await pipe(
    files,
    (source: Iterable<WalkedFile>) =>
      hashInOrder(source, async (file) => {
        const known = earlier?.find(file.parts, file.identity)
        if (known !== undefined) {
          meter.onBytes(known.identity.size)
          return { file, hashed: known }
        }
        hashedBytes += file.identity.size
        return hashOrSkip(root, file, skipped, { ...tools, ...meter, signal: options.signal })
      }),
    async (source: AsyncIterable<Hashed>) => {
      for await (const { file, hashed } of source) {
        if (!addFile(builder, file, hashed, skipped)) continue
        found.set(file.number, hashed.identity)
        meter.onFile()
      }
    }
  ).finally(() => meter.ring.close())
  const layout = builder.finish()
  return {
    layout,
    name: basename(path),
    path: root.path,
    identities: identitiesOf(layout, files, found),
    skipped,
    hashedBytes
  }
}

/** A path that is to be shared. */
export interface Root {
  path: string
  isFolder: boolean
  identity: Identity
}

/** The path itself may be a link, since the user named it; nothing below it may. */
export async function findRoot(path: string): Promise<Root> {
  try {
    const real = await realpath(path)
    const stat = await lstat(real, { bigint: true })
    if (!stat.isFile() && !stat.isDirectory()) throw notShareable(path, kindOf(stat))
    return { path: real, isFolder: stat.isDirectory(), identity: identityOf(stat) }
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

export async function refuseOwnData(path: string, own: readonly string[]): Promise<void> {
  for (const entry of own) {
    const real = await realPathOfAny(resolve(entry))
    const touches = real === path || path.startsWith(withSlash(real)) || real.startsWith(withSlash(path))
    if (touches) throw ownData(path, real)
  }
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

/** All files come first, so that the total is known. */
async function listFiles(
  root: Root,
  builder: ShareBuilder,
  skipped: SkippedPath[],
  signal: AbortSignal
): Promise<WalkedFiles> {
  const files = new WalkedFiles()
  if (!root.isFolder) {
    files.addRoot(root.identity)
    return files
  }
  const visitor = {
    enter: (parts: readonly string[]) => builder.folder(parts),
    skip: (skip: SkippedPath) => skipped.push(skip)
  }
  for await (const file of walk(root.path, visitor, signal)) files.add(file)
  return files
}

interface Hashed {
  file: WalkedFile
  hashed: HashedFile
}

/** Hashes a few files at once and answers them in order; small items only, bytes stay in the ring. */
async function* hashInOrder(
  files: Iterable<WalkedFile>,
  hash: (file: WalkedFile) => Promise<Hashed | undefined>
): AsyncGenerator<Hashed> {
  const running: Promise<Hashed | undefined>[] = []
  const start = (file: WalkedFile): void => {
    const work = hash(file)
    work.catch(() => undefined) // its failure is met below, perhaps after another one's
    running.push(work)
  }
  try {
    for (const file of files) {
      start(file)
      if (running.length < FILES_AT_ONCE) continue
      const done = await running.shift()
      if (done !== undefined) yield done
    }
    while (running.length > 0) {
      const done = await running.shift()
      if (done !== undefined) yield done
    }
  } finally {
    await Promise.allSettled(running)
  }
}

/** Undefined, and listed, when a file of a folder cannot be read; for a single file that is an error. */
async function hashOrSkip(
  root: Root,
  file: WalkedFile,
  skipped: SkippedPath[],
  tools: HashTools
): Promise<Hashed | undefined> {
  try {
    return { file, hashed: await hashFile(root.path, file, tools) }
  } catch (error) {
    if (tools.signal.aborted || isShareError(error, 'storage.changed-while-reading')) throw error
    if (!root.isFolder) throw readError(error, root.path)
    const link = isNotPlain(error) || isShareError(error)
    if (!link && errnoOf(error)?.startsWith('E') !== true) throw error
    skipped.push({ path: shown(file.parts), reason: link ? 'symlink' : 'unreadable' })
    return undefined
  }
}

/** Whether the name passed the gate. */
function addFile(
  builder: ShareBuilder,
  file: WalkedFile,
  hashed: HashedFile,
  skipped: SkippedPath[]
): boolean {
  try {
    const target = builder.file(file.parts)
    const { size } = hashed.identity
    for (let at = 0; at < size; at += PIECE_SIZE) {
      target.addPiece(digestAt(hashed, at / PIECE_SIZE), Math.min(PIECE_SIZE, size - at))
    }
    target.finish()
    return true
  } catch (error) {
    if (!isShareError(error, 'content.bad-name')) throw error
    skipped.push({ path: shown(file.parts), reason: 'bad-name' })
    return false
  }
}

interface Meter {
  readonly ring: BufferRing
  onBytes(count: number): void
  onFile(): void
}

function progressMeter(files: WalkedFiles, options: ImportOptions): Meter {
  const progress = {
    bytes: 0,
    totalBytes: files.totalSize,
    files: 0
  }
  const tell = (): void => options.onProgress?.({ ...progress })
  return {
    ring: new BufferRing(BUFFERS, PIECE_SIZE),
    onBytes: (count) => {
      progress.bytes += count
      tell()
    },
    onFile: () => {
      progress.files++
      tell()
    }
  }
}

/** The layout has the files in DAG order. */
function identitiesOf(layout: ShareLayout, files: WalkedFiles, found: IdentityTable): IdentityTable {
  const index = new PathIndex(layout.files)
  const identities = new IdentityTable(layout.files.length)
  for (const { file, ...identity } of found) {
    const place = index.find(files.parts(file))
    if (place !== undefined) identities.set(place, identity)
  }
  return identities
}

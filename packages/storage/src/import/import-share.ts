import { createHash } from 'node:crypto'
import { type Clock, isShareError } from '@p2pshare/base'
import { createShareBuilder, PIECE_SIZE, type ShareBuilder, type ShareLayout } from '@p2pshare/content'
import type {
  Catalogue,
  Hasher,
  ImportedShare,
  ImportOptions,
  SeveralPaths,
  SkippedPath
} from '@p2pshare/ports'
import { pipe } from 'it-pipe'
import { errnoOf, isNotPlain, readError } from '../disk/disk-error.ts'
import { IdentityTable } from '../disk/identity-table.ts'
import { findWish, type Wish } from '../several/find-roots.ts'
import { forgetRoots, putRoots, rootsOf } from '../several/root-records.ts'
import { SharePlace } from '../several/share-place.ts'
import type { SmallFiles } from '../small/small-files.ts'
import { BufferRing } from './buffer-ring.ts'
import { EarlierHashes } from './earlier-hashes.ts'
import { digestAt, type HashedFile, type HashTools, hashFile } from './hash-file.ts'
import { aborted } from './import-error.ts'
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

/** Hashes a file, a folder or several of them in place; see `ShareFiles.import`. */
export async function importShare(
  what: string | SeveralPaths,
  tools: ImportTools,
  options: ImportOptions
): Promise<ImportedShare> {
  try {
    return await runImport(await findWish(what, tools.ownData), tools, options)
  } catch (error) {
    if (options.signal.aborted && !isShareError(error)) throw aborted(error)
    throw error
  }
}

async function runImport(wish: Wish, tools: ImportTools, options: ImportOptions): Promise<ImportedShare> {
  const { place } = wish
  const builder = createShareBuilder({ sha256: (data) => createHash('sha256').update(data).digest() })
  const skipped: SkippedPath[] = []
  const files = await listFiles(wish, builder, skipped, options.signal)
  const found = new IdentityTable(files.length)
  const meter = progressMeter(files, options)
  const earlier = earlierHashes(wish, tools.catalogue, options)
  let hashedBytes = 0
  await pipe(
    files,
    (source: Iterable<WalkedFile>) =>
      hashInOrder(source, async (file) => {
        const known = earlier?.(file)
        if (known !== undefined) {
          meter.onBytes(known.identity.size)
          return { file, hashed: known }
        }
        hashedBytes += file.identity.size
        return hashOrSkip(place, file, skipped, { ...tools, ...meter, signal: options.signal })
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
    name: wish.name,
    path: place.path,
    ...(place.roots === undefined ? {} : { roots: place.roots }),
    identities: identitiesOf(layout, files, found),
    skipped,
    hashedBytes,
    record: () => {
      const cid = layout.root.toString()
      if (place.roots === undefined) forgetRoots(tools.catalogue, cid)
      else putRoots(tools.catalogue, cid, place.roots)
    }
  }
}

/** Hashes of an earlier share, for files that lie where they lay then. */
function earlierHashes(
  { name, place }: Wish,
  catalogue: Catalogue,
  { earlier }: ImportOptions
): ((file: WalkedFile) => HashedFile | undefined) | undefined {
  const share = earlier?.({ name, path: place.path, roots: place.roots })
  if (share === undefined) return undefined
  const hashes = new EarlierHashes(share, catalogue)
  const before = new SharePlace(place.path, rootsOf(catalogue, share.cid))
  return ({ parts, identity }) => {
    if (before.locate(parts).root !== place.locate(parts).root) return undefined
    return hashes.find(parts, identity)
  }
}

/** All files come first, so that the total is known. */
async function listFiles(
  { isFolder, roots }: Wish,
  builder: ShareBuilder,
  skipped: SkippedPath[],
  signal: AbortSignal
): Promise<WalkedFiles> {
  const files = new WalkedFiles()
  if (!isFolder) {
    for (const { identity } of roots) files.addRoot(identity)
    return files
  }
  const visitor = {
    enter: (parts: readonly string[]) => builder.folder(parts),
    skip: (skip: SkippedPath) => skipped.push(skip)
  }
  for await (const file of walk(roots, visitor, signal)) files.add(file)
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

/** Undefined, and listed, when a file of a folder cannot be read; for one that the user named that is an error. */
async function hashOrSkip(
  place: SharePlace,
  file: WalkedFile,
  skipped: SkippedPath[],
  tools: HashTools
): Promise<Hashed | undefined> {
  const { root, parts } = place.locate(file.parts)
  try {
    return { file, hashed: await hashFile(root, { parts, identity: file.identity }, tools) }
  } catch (error) {
    if (tools.signal.aborted || isShareError(error, 'storage.changed-while-reading')) throw error
    if (parts.length === 0) throw readError(error, root)
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

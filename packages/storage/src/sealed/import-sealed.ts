import { createHash, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { type Clock, isShareError, millis } from '@p2pshare/base'
import {
  checkName,
  contentError,
  contentFault,
  createShareBuilder,
  decodeManifest,
  encodeManifest,
  isContentFault,
  type ManifestEntry,
  type ManifestSource,
  MAX_FOLDER_DEPTH,
  PIECE_SIZE,
  PLAIN_PER_BLOCK,
  type SealedTree,
  SHARE_KEY_SIZE,
  type ShareLayout,
  sealedBlockCount
} from '@p2pshare/content'
import type {
  Catalogue,
  FileIdentity,
  Hasher,
  ImportedShare,
  ImportOptions,
  SeveralPaths,
  SkippedPath
} from '@p2pshare/ports'
import { equals } from 'uint8arrays'
import { forEachAtMost } from '../disk/at-most.ts'
import type { FilePool } from '../disk/file-pool.ts'
import { type Identity, identityOf, sameIdentity } from '../disk/identity.ts'
import { IdentityTable } from '../disk/identity-table.ts'
import { statPath } from '../disk/plain-file.ts'
import { BufferRing } from '../import/buffer-ring.ts'
import { aborted, changedWhileReading } from '../import/import-error.ts'
import { RACY_MS } from '../import/racy.ts'
import { shown, walk } from '../import/walk.ts'
import { findWish, type Wish } from '../several/find-roots.ts'
import { putRoots, rootsOf, sameRoots } from '../several/root-records.ts'
import { Places } from '../store/places.ts'
import { PlainReader } from './plain-reader.ts'
import { contentKey } from './seal.ts'
import { putSecret, putSource, sourceOf } from './sealed-records.ts'

/** Blocks sealed and hashed side by side, 1 MiB each. */
const AT_ONCE = 4
const DIGEST_SIZE = 32

/** What an import needs of its surroundings. */
export interface SealedImportTools {
  readonly hasher: Hasher
  readonly clock: Clock
  readonly pool: FilePool
  readonly catalogue: Catalogue
  readonly ownData: readonly string[]
}

/** Makes a private share of a file, a folder or several of them in place; see `ShareFiles.import`. */
export async function importSealed(
  what: string | SeveralPaths,
  tools: SealedImportTools,
  options: ImportOptions
): Promise<ImportedShare> {
  try {
    return await runImport(what, tools, options)
  } catch (error) {
    if (options.signal.aborted && !isShareError(error)) throw aborted(error)
    throw error
  }
}

async function runImport(
  what: string | SeveralPaths,
  tools: SealedImportTools,
  options: ImportOptions
): Promise<ImportedShare> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const look = await lookAt(what, tools, options.signal)
    const { wish, skipped } = look
    const { name, place } = wish
    const { roots } = place
    const common = { name, path: place.path, ...(roots === undefined ? {} : { roots }), skipped }
    const before = unchangedSince(look, tools, options)
    if (before !== undefined) return { ...before, ...common }
    // A secret for each attempt: none ever seals two versions.
    const secret = randomBytes(SHARE_KEY_SIZE)
    const layout = await sealedLayout(look, secret, tools, options)
    if (layout === undefined || !(await isUntouched(look))) continue
    const cid = layout.root.toString()
    return {
      ...common,
      layout,
      identities: identitiesOf(look),
      hashedBytes: look.tree.size,
      record: () => {
        putSecret(tools.catalogue, cid, secret)
        putSource(tools.catalogue, cid, { path: place.path, manifest: look.manifest })
        if (roots !== undefined) putRoots(tools.catalogue, cid, roots)
      }
    }
  }
  const shownPath = typeof what === 'string' ? what : what.paths.join(', ')
  throw changedWhileReading(shownPath)
}

/** What lies at the paths now. */
interface Look {
  readonly wish: Wish
  readonly manifest: Uint8Array
  readonly tree: SealedTree
  /** By file number. */
  readonly identities: readonly Identity[]
  readonly skipped: SkippedPath[]
}

/** Lists the files, after those that were changed a moment ago have come to rest (see `RACY_MS`). */
async function lookAt(
  what: string | SeveralPaths,
  { clock, ownData }: SealedImportTools,
  signal: AbortSignal
): Promise<Look> {
  const first = await list(await findWish(what, ownData), signal)
  const now = clock.wallTime()
  const isFresh = ({ mtime }: Identity): boolean => {
    const age = now - Number(mtime / 1_000_000n)
    return age >= 0 && age < RACY_MS
  }
  if (!first.identities.some(isFresh)) return first
  await new Promise<void>((done) => clock.after(millis(RACY_MS), done))
  return list(await findWish(what, ownData), signal)
}

async function list(wish: Wish, signal: AbortSignal): Promise<Look> {
  const { name, isFolder, place, roots } = wish
  const entries: ManifestEntry[] = []
  const identities: Identity[] = []
  const skipped: SkippedPath[] = []
  let source: ManifestSource = { name, entries }
  if (!isFolder) {
    for (const { identity } of roots) {
      source = { name, fileSize: identity.size, entries }
      identities.push(identity)
    }
  } else {
    const visitor = {
      enter: (parts: readonly string[]) => addFolder(parts, entries),
      skip: (skip: SkippedPath) => skipped.push(skip)
    }
    for await (const { folder, name: file, identity } of walk(roots, visitor, signal)) {
      const parts = [...folder, file]
      if (checkName(file) !== undefined) skipped.push({ path: shown(parts), reason: 'bad-name' })
      else if (!(await isReadable(place.pathOf(parts))))
        skipped.push({ path: shown(parts), reason: 'unreadable' })
      else {
        entries.push({ kind: 'file', depth: folder.length, name: file, size: identity.size })
        identities.push(identity)
      }
    }
  }
  const manifest = encodeManifest(source)
  const tree = decodeManifest(manifest)
  if (isContentFault(tree)) throw contentError(tree)
  return { wish, manifest, tree, identities, skipped }
}

/** The same rules as for any share: see the share builder. */
function addFolder(parts: readonly string[], entries: ManifestEntry[]): void {
  const name = parts.at(-1)
  if (name === undefined) return
  const fault =
    parts.length > MAX_FOLDER_DEPTH
      ? contentFault('too-deep', `folders are nested more than ${MAX_FOLDER_DEPTH} deep`)
      : checkName(name)
  if (fault !== undefined) throw contentError(fault)
  entries.push({ kind: 'folder', depth: parts.length - 1, name, size: 0 })
}

async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false
  )
}

/** The earlier private share of the path, when all is as it was: its secret goes on to seal the same bytes. */
function unchangedSince(
  look: Look,
  { catalogue }: SealedImportTools,
  options: ImportOptions
): Pick<ImportedShare, 'layout' | 'identities' | 'hashedBytes' | 'record'> | undefined {
  const { name, place } = look.wish
  const earlier = options.earlier?.({ name, path: place.path, roots: place.roots })
  const source = earlier === undefined ? undefined : sourceOf(catalogue, earlier.cid)
  if (earlier === undefined || source?.path !== place.path || !equals(source.manifest, look.manifest))
    return undefined
  if (!sameRoots(rootsOf(catalogue, earlier.cid), place.roots)) return undefined
  const known = new IdentityTable(look.identities.length, catalogue.identities(earlier.cid))
  const same = look.identities.every((identity, file) => {
    const before = known.get(file)
    return before !== undefined && sameIdentity(before, identity)
  })
  return same ? { layout: earlier.layout, identities: identitiesOf(look), hashedBytes: 0 } : undefined
}

/** Seals and hashes every block; undefined when a file changed or went meanwhile. */
async function sealedLayout(
  { wish, manifest, tree }: Look,
  secret: Uint8Array,
  { pool, hasher }: SealedImportTools,
  { signal, onProgress }: ImportOptions
): Promise<ShareLayout | undefined> {
  const own = new Set(tree.files.keys())
  const reader = new PlainReader({ manifest, tree, places: new Places(wish.place, tree, own), pool })
  const ring = new BufferRing(AT_ONCE, PIECE_SIZE)
  const key = contentKey(secret)
  const count = sealedBlockCount(tree.size)
  const digests = new Uint8Array(count * DIGEST_SIZE)
  let done = 0
  try {
    await forEachAtMost(AT_ONCE, Array(count).keys(), async (block) => {
      signal.throwIfAborted()
      const buffer = await ring.take()
      try {
        await reader.seal(key, block, buffer)
        digests.set(await hasher(buffer), block * DIGEST_SIZE)
      } finally {
        ring.give(buffer)
      }
      const bytes = Math.min(tree.size, ++done * PLAIN_PER_BLOCK)
      onProgress?.({ bytes, totalBytes: tree.size, files: done === count ? tree.files.length : 0 })
    })
  } catch (error) {
    if (isShareError(error, 'storage.changed') || isShareError(error, 'storage.missing')) return undefined
    throw error
  } finally {
    await reader.close()
    ring.close()
  }
  return layoutOf(digests, count)
}

function layoutOf(digests: Uint8Array, count: number): ShareLayout {
  const builder = createShareBuilder({ sha256: (data) => createHash('sha256').update(data).digest() })
  const file = builder.file([])
  for (let block = 0; block < count; block++) {
    file.addPiece(digests.subarray(block * DIGEST_SIZE, (block + 1) * DIGEST_SIZE), PIECE_SIZE)
  }
  file.finish()
  return builder.finish()
}

/** Whether every file still is what it was before it was read. */
async function isUntouched({ wish, tree, identities }: Look): Promise<boolean> {
  let same = true
  await forEachAtMost(AT_ONCE * 4, tree.files.entries(), async ([file, { path }]) => {
    const stat = await statPath(wish.place.pathOf(path))
    const before = identities[file]
    if (stat === undefined || before === undefined || !sameIdentity(identityOf(stat), before)) same = false
  })
  return same
}

function identitiesOf({ identities }: Look): FileIdentity[] {
  return identities.map((identity, file) => ({ file, ...identity }))
}

import { setImmediate } from 'node:timers/promises'
import {
  canonicalCid,
  type ListedEntries,
  liesIn,
  lookForEntry,
  parseShareRef,
  pathNames,
  type ShareEntry,
  shareEntries,
  type ShareRef
} from '@p2pshare/content'
import type { EntriesEvent, EntriesRequest, ShareEntryView } from '@p2pshare/control'
import { type FilePriority, inTurns, type Session } from '@p2pshare/session'
import { awaitLayout } from './await-layout.ts'
import { awaitSealedTree, isPrivate } from './await-sealed-tree.ts'
import { bytesHere, plainBytesHere } from './bytes-here.ts'
import type { ByteCount } from '../metrics/byte-count.ts'

/** Characters of paths in one page: entries may be 1000, their paths 4 KiB each. */
const PAGE_CHARACTERS = 256 * 1024

/** What is in a share, as far as it is listed. */
interface Listed {
  readonly entries: ListedEntries
  readonly name: string
  readonly private: boolean
  /** Content bytes of a file that are here; left out of a share that is not here. */
  doneOf?(file: number): number
  readonly selection?: { priority(file: number): FilePriority }
}

/** What listing needs. */
interface ListingParts {
  readonly session: Session
  readonly byteCount: ByteCount
}

/**
 * Lists what is in a share: at once where its index is here, else after fetching the index alone; of a private one whose
 * key is known also the first blocks, which say what it holds. Each page is made when it is asked for.
 * @throws ShareError what the content is refused for; `content.no-such-entry`, `session.too-many-looks`; of a private
 *   share as `Readings.tree`
 */
export async function* listEntries(
  parts: ListingParts,
  { ref: text, path }: EntriesRequest,
  signal: AbortSignal
): AsyncGenerator<EntriesEvent> {
  const { session } = parts
  const ref = parseShareRef(text)
  const listed = yield* isPrivate(session, ref)
    ? sealedEntries(parts, ref, signal)
    : plainEntries(session, ref, signal)
  if (listed === undefined) return
  const { entries: all, name, doneOf, selection } = listed
  const below = pathNames(path ?? '')
  if (below.length > 0) await inTurns(lookForEntry(all, below))
  const cid = canonicalCid(ref.root)
  const sources = new Map(session.rootsOf(cid)?.map((root) => [root.name, root.path]))
  const sums = { files: 0, folders: 0, size: 0 }
  for (const step of shareEntries(all, doneOf)) {
    await setImmediate()
    if (signal.aborted) return
    const views = step
      .filter((entry) => liesIn(entry.path, below))
      .map((entry) => viewOf(entry, sources, selection))
    for (const view of views) addTo(sums, view)
    for (const entries of pages(views)) yield { event: 'entries', name, entries }
  }
  yield { event: 'done', cid, name, ...sums, ...(listed.private ? { private: true } : {}) }
}

async function* plainEntries(
  session: Session,
  ref: ShareRef,
  signal: AbortSignal
): AsyncGenerator<EntriesEvent, Listed | undefined> {
  const known = yield* awaitLayout(session, ref, signal)
  if (known === undefined) return undefined
  const { layout: entries, name, driver } = known
  if (driver === undefined) return { entries, name, private: false }
  const { bytes, wishes } = driver
  return {
    ...{ entries, name, private: false, selection: wishes.selection },
    doneOf: bytesHere(entries, bytes.have)
  }
}

async function* sealedEntries(
  parts: ListingParts,
  ref: ShareRef,
  signal: AbortSignal
): AsyncGenerator<EntriesEvent, Listed | undefined> {
  const tree = yield* awaitSealedTree(parts, ref, signal)
  if (tree === undefined) return undefined
  const cid = canonicalCid(ref.root)
  const driver = parts.session.shares().find((share) => share.cid === cid)
  return {
    ...{
      entries: tree,
      name: driver?.record.complete === true ? driver.record.name : tree.name,
      private: true
    },
    ...(driver === undefined ? {} : { doneOf: plainBytesHere(tree, driver.bytes.have) })
  }
}

function addTo(sums: { files: number; folders: number; size: number }, { kind, size }: ShareEntryView): void {
  if (kind === 'folder') {
    sums.folders++
    return
  }
  sums.files++
  sums.size += size
}

/** @param sources - where the entries of the share's own folder lie, of a share of several paths */
function viewOf(
  { kind, index, path, size, done }: ShareEntry,
  sources: ReadonlyMap<string, string>,
  selection: { priority(file: number): FilePriority } | undefined
): ShareEntryView {
  const isFile = kind === 'file'
  const source = path.length === 1 ? sources.get(path[0] ?? '') : undefined
  return {
    ...(isFile ? { kind, number: index + 1 } : { kind }),
    ...{ path: path.join('/'), size },
    ...(done === undefined ? {} : { done }),
    ...(selection === undefined || !isFile ? {} : { priority: selection.priority(index) }),
    ...(source === undefined ? {} : { source })
  }
}

function* pages(entries: readonly ShareEntryView[]): Generator<ShareEntryView[]> {
  let page: ShareEntryView[] = []
  let characters = 0
  for (const entry of entries) {
    if (characters + entry.path.length > PAGE_CHARACTERS && page.length > 0) {
      yield page
      page = []
      characters = 0
    }
    page.push(entry)
    characters += entry.path.length
  }
  if (page.length > 0) yield page
}

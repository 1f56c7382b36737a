import { setImmediate } from 'node:timers/promises'
import {
  canonicalCid,
  liesIn,
  lookForEntry,
  parseShareRef,
  pathNames,
  type ShareEntry,
  shareEntries
} from '@p2pshare/content'
import type { EntriesEvent, EntriesRequest, ShareEntryView } from '@p2pshare/control'
import { type FilePriority, inTurns, type Session } from '@p2pshare/session'
import { awaitLayout } from './await-layout.ts'
import { bytesHere } from './bytes-here.ts'

/** Characters of paths in one page: entries may be 1000, their paths 4 KiB each. */
const PAGE_CHARACTERS = 256 * 1024

/**
 * Lists what is in a share: at once where its index is here, else after fetching the index alone. Each page is made
 * when it is asked for.
 * @throws ShareError what the content is refused for; `content.no-such-entry`, `session.too-many-looks`
 */
export async function* listEntries(
  session: Session,
  { ref, path }: EntriesRequest,
  signal: AbortSignal
): AsyncGenerator<EntriesEvent> {
  const known = yield* awaitLayout(session, parseShareRef(ref), signal)
  if (known === undefined) return
  const below = pathNames(path ?? '')
  if (below.length > 0) await inTurns(lookForEntry(known.layout, below))
  const { layout, driver } = known
  const cid = canonicalCid(layout.root)
  const sources = new Map(session.rootsOf(cid)?.map((root) => [root.name, root.path]))
  const sums = { files: 0, folders: 0, size: 0 }
  const steps = shareEntries(layout, driver === undefined ? undefined : bytesHere(layout, driver.bytes.have))
  for (const step of steps) {
    await setImmediate()
    if (signal.aborted) return
    const views = step
      .filter((entry) => liesIn(entry.path, below))
      .map((entry) => viewOf(entry, sources, driver?.wishes.selection))
    for (const { kind, size } of views) {
      if (kind === 'folder') sums.folders++
      else sums.files++
      if (kind === 'file') sums.size += size
    }
    for (const entries of pages(views)) yield { event: 'entries', entries }
  }
  yield { event: 'done', cid, name: known.name, ...sums }
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

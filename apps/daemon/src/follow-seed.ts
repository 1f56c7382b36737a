import type { SeedEvent } from '@p2pshare/control'
import type { ImportProgress, SeveralPaths } from '@p2pshare/ports'
import type { AnnounceLevel, Session } from '@p2pshare/session'
import { shareLink } from './share-link.ts'

/** Time between two words on hashing, in ms. */
const INTERVAL = 250
/** Skipped paths told at most. */
const MOST_SKIPPED = 1000

/** Shares a path, or several as one share, and tells how hashing goes. @throws ShareError as `Session.seed` */
export async function* followSeed(
  session: Session,
  what: string | SeveralPaths,
  { announce, encrypt }: { announce?: AnnounceLevel | undefined; encrypt?: boolean | undefined },
  signal: AbortSignal
): AsyncGenerator<SeedEvent> {
  const path = pathOf(what)
  let latest: ImportProgress | undefined
  let ended = false
  const work = session
    .seed(what, {
      signal,
      announce,
      sealed: encrypt === true,
      onProgress: (progress) => {
        latest = progress
      }
    })
    .finally(() => {
      ended = true
    })
  const settled = work.then(
    () => {},
    () => {}
  )
  while (!ended) {
    await Promise.race([settled, pause(INTERVAL)])
    if (!ended && latest !== undefined) yield { event: 'hashing', path, ...latest }
  }
  const { record, skipped } = await work
  const { cid, name, size, pieces } = record
  const link = shareLink(session, record)
  const shown = typeof what === 'string' ? what : record.path
  yield {
    event: 'seeded',
    path: shown,
    cid,
    name,
    size,
    pieces,
    link,
    skipped: skipped.slice(0, MOST_SKIPPED)
  }
}

/** What an event calls it. */
export function pathOf(what: string | SeveralPaths): string {
  return typeof what === 'string' ? what : what.name
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

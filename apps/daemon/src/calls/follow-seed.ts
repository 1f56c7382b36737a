import type { SeedEvent } from '@p2pshare/control'
import type { ImportProgress, SeveralPaths } from '@p2pshare/ports'
import type { AnnounceLevel, SeededShare, Session } from '@p2pshare/session'
import { followWork } from './follow-work.ts'
import { shareLink } from './share-link.ts'

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
  const work = followWork<ImportProgress, SeededShare>((onProgress) =>
    session.seed(what, { signal, announce, sealed: encrypt === true, onProgress })
  )
  let step = await work.next()
  for (; step.done !== true; step = await work.next()) yield { event: 'hashing', path, ...step.value }
  const { record, skipped, overlaps } = step.value
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
    skipped: skipped.slice(0, MOST_SKIPPED),
    ...(overlaps.length === 0 ? {} : { overlaps })
  }
}

/** What an event calls it. */
export function pathOf(what: string | SeveralPaths): string {
  return typeof what === 'string' ? what : what.name
}

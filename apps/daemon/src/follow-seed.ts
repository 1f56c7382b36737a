import type { SeedEvent } from '@p2pshare/control'
import type { ImportProgress } from '@p2pshare/ports'
import type { AnnounceLevel, SeededShare, Session } from '@p2pshare/session'
import { followWork } from './follow-work.ts'
import { shareLink } from './share-link.ts'

/** Skipped paths told at most. */
const MOST_SKIPPED = 1000

/** Shares a path and tells how hashing goes. @throws ShareError as `Session.seed` */
export async function* followSeed(
  session: Session,
  path: string,
  { announce, encrypt }: { announce?: AnnounceLevel | undefined; encrypt?: boolean | undefined },
  signal: AbortSignal
): AsyncGenerator<SeedEvent> {
  const work = followWork<ImportProgress, SeededShare>((onProgress) =>
    session.seed(path, { signal, announce, sealed: encrypt === true, onProgress })
  )
  let step = await work.next()
  for (; step.done !== true; step = await work.next()) yield { event: 'hashing', path, ...step.value }
  const { record, skipped } = step.value
  const { cid, name, size, pieces } = record
  const link = shareLink(session, record)
  yield { event: 'seeded', path, cid, name, size, pieces, link, skipped: skipped.slice(0, MOST_SKIPPED) }
}

import { ShareError } from '@p2pshare/base'
import { canonicalCid, type ShareLayout, type ShareRef } from '@p2pshare/content'
import type { EntriesEvent, SharePhase } from '@p2pshare/control'
import type { IndexLook, Session, ShareDriver } from '@p2pshare/session'
import { nextChange } from './next-change.ts'
import { phaseOf } from './share-view.ts'

/** A share whose index is known. */
interface KnownShare {
  layout: ShareLayout
  name: string
  /** Undefined where it is only looked at. */
  driver?: ShareDriver
}

/**
 * Waits for the index of a share and tells how it comes: of one that this node has, or else by looking at it without
 * fetching it. @returns undefined when the caller has gone
 * @throws ShareError what the content is refused for; `session.index-missing` of a share that is held up
 */
export async function* awaitLayout(
  session: Session,
  ref: ShareRef,
  signal: AbortSignal
): AsyncGenerator<EntriesEvent, KnownShare | undefined> {
  const cid = canonicalCid(ref.root)
  while (!signal.aborted) {
    const driver = session.shares().find((share) => share.cid === cid)
    const known =
      driver === undefined ? yield* lookAt(session, ref, signal) : yield* follow(session, driver, signal)
    if (known !== undefined) return known
    // Gone, removed, or a fetch of the share has begun: then that is followed.
  }
  return undefined
}

async function* lookAt(
  session: Session,
  ref: ShareRef,
  signal: AbortSignal
): AsyncGenerator<EntriesEvent, KnownShare | undefined> {
  const look = session.looks.join(ref)
  try {
    while (!signal.aborted && !look.stopped) {
      if (look.failure !== undefined) throw look.failure
      if (look.layout !== undefined) return { layout: look.layout, name: look.name }
      yield { event: 'state', cid: look.cid, name: look.name, phase: lookPhase(look) }
      await nextChange(look, signal)
    }
    return undefined
  } finally {
    session.looks.leave(look)
  }
}

async function* follow(
  session: Session,
  driver: ShareDriver,
  signal: AbortSignal
): AsyncGenerator<EntriesEvent, KnownShare | undefined> {
  const { cid, record } = driver
  while (!signal.aborted && session.shares().includes(driver)) {
    const { layout } = driver.bytes
    if (layout !== undefined) return { layout, name: record.name, driver }
    if (driver.failure !== undefined) throw driver.failure
    if (driver.state.state === 'paused') throw heldUp()
    yield { event: 'state', cid, name: record.name, phase: phaseOf(session.status(driver)) }
    await nextChange(driver, signal)
  }
  return undefined
}

function lookPhase({ members, finder, progress }: IndexLook): SharePhase {
  const { found, dialing, tried } = finder.report
  const { size } = members.peers
  const phase = size > 0 ? 'index' : dialing > 0 ? 'connecting' : 'finding'
  return {
    ...{ phase, found, tried, connected: size, peers: size },
    ...{ pieces: progress.here, totalPieces: progress.known, done: 0, total: progress.size ?? 0 },
    ...{ rate: 0, etaMs: null, reason: null }
  }
}

function heldUp(): ShareError {
  return new ShareError({
    code: 'session.index-missing',
    fault: 'daemon',
    message: 'the share is paused, and its index is not here yet',
    hint: 'Resume it: p2pshare resume <hash>.'
  })
}

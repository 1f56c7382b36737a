import type { FetchEvent } from '@p2pshare/control'
import type { Session, ShareDriver } from '@p2pshare/session'
import { nextChange } from './next-change.ts'
import { phaseOf } from './share-view.ts'

/**
 * Tells how a fetch goes until it is done. Ending the stream leaves the job running.
 * @throws the ShareError that put the share into `error`
 */
export async function* followFetch(
  session: Session,
  driver: ShareDriver,
  signal: AbortSignal
): AsyncGenerator<FetchEvent> {
  const { cid, record } = driver
  while (!signal.aborted) {
    const { state } = driver.state
    if (driver.failure !== undefined) throw driver.failure
    yield { event: 'state', cid, name: record.name, state, phase: phaseOf(session.status(driver)) }
    if (isOver(driver)) {
      const adopted = session.adopted(cid)
      const found = adopted === undefined ? {} : { adopted }
      yield { event: 'done', cid, name: record.name, ...resultOf(driver), ...found }
      return
    }
    await nextChange(driver, signal, () => isOver(driver))
  }
}

/** Where it lies and how much it is; files that were chosen lie there under their names before the rest is here. */
function resultOf({ record, bytes, wishes }: ShareDriver): { path: string; size: number; partial?: boolean } {
  const { path, size, complete } = record
  if (complete || bytes.layout === undefined) return { path, size }
  return { path, size: wishes.selection.wanted(bytes.layout).size, partial: true }
}

function isOver(driver: ShareDriver): boolean {
  const { complete, state } = driver.record
  // Seeding, and not complete: what was chosen is here.
  const isHere = complete ? driver.stage === 'idle' : state === 'seeding'
  return driver.failure !== undefined || isHere
}

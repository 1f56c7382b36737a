import { setTimeout as sleep } from 'node:timers/promises'
import type { FetchEvent } from '@p2pshare/control'
import type { Session, ShareDriver } from '@p2pshare/session'
import { phaseOf } from './share-view.ts'

/** A state is told at least this often, in ms … */
const SLOWEST = 500
/** … and not more often than this. */
const FASTEST = 100

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
  for (let last = 0; !signal.aborted; last = performance.now()) {
    await quiet(FASTEST - (performance.now() - last), signal)
    const { state } = driver.state
    if (driver.failure !== undefined) throw driver.failure
    yield { event: 'state', cid, name: record.name, state, phase: phaseOf(session.status(driver)) }
    if (record.complete && driver.stage === 'idle') {
      yield { event: 'done', cid, name: record.name, path: record.path, size: record.size }
      return
    }
    await changeOr(driver, SLOWEST, signal)
  }
}

async function quiet(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { signal }).catch(() => {})
}

/** Waits for the next change of the share, a while at most. */
function changeOr(driver: ShareDriver, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      stopListening()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    const stopListening = driver.onChange(done)
    signal.addEventListener('abort', done, { once: true })
  })
}

import type { RelocateEvent } from '@p2pshare/control'
import type { Session, ShareDriver } from '@p2pshare/session'
import { followWork } from './follow-work.ts'

/** Relocates a share and tells how the check goes. @throws ShareError as `Session.relocate` */
export async function* followRelocate(
  session: Session,
  driver: ShareDriver,
  path: string,
  signal: AbortSignal
): AsyncGenerator<RelocateEvent> {
  const work = followWork<{ done: number; total: number }, number>((tell) =>
    session.relocate(driver, path, { signal, onProgress: (done, total) => tell({ done, total }) })
  )
  let step = await work.next()
  for (; step.done !== true; step = await work.next()) yield { event: 'checking', ...step.value }
  const { cid, record, state } = driver
  yield { event: 'done', cid, name: record.name, path: record.path, state: state.state, hashed: step.value }
}

import { canonicalCid, type SealedTree, type ShareRef } from '@p2pshare/content'
import type { EntriesEvent } from '@p2pshare/control'
import type { Session, ShareDriver } from '@p2pshare/session'
import type { ByteCount } from '../metrics/byte-count.ts'
import { waitingPhase } from './waiting-phase.ts'

/** A state is told not more often than this, ms. */
const FASTEST = 100

/** Whether the key of a share is here, or in its link; a link without its key counts, so that this is said. */
export function isPrivate(session: Session, ref: ShareRef): boolean {
  return ref.sealed === true || ref.key !== undefined || session.keyOf(canonicalCid(ref.root)) !== undefined
}

/**
 * Waits for what a private share holds, and tells how it comes: of one that is not here, the index and the first blocks
 * are fetched, and nothing stays. @returns undefined when the caller has gone
 * @throws ShareError as `Readings.tree`
 */
export async function* awaitSealedTree(
  { session, byteCount }: { session: Session; byteCount: ByteCount },
  ref: ShareRef,
  signal: AbortSignal
): AsyncGenerator<EntriesEvent, SealedTree | undefined> {
  const cid = canonicalCid(ref.root)
  const steps = session.readings.tree(ref, signal)
  let told = Number.NEGATIVE_INFINITY
  let driver: ShareDriver | undefined
  try {
    for (;;) {
      const step = await steps.next()
      if (step.done === true) return step.value
      if (step.value.kind !== 'waiting') continue
      driver = step.value.driver
      if (performance.now() - told < FASTEST) continue
      told = performance.now()
      const phase = waitingPhase(session, driver, { bytes: 0, total: 0 })
      yield { event: 'state', cid, name: driver.record.name, phase }
    }
  } finally {
    await steps.return(undefined)
    const others = session.shares()
    // What a share brought that is gone with its reader is counted.
    if (driver !== undefined && !others.includes(driver))
      byteCount.lookLast(
        driver.record,
        others.map(({ record }) => record)
      )
  }
}

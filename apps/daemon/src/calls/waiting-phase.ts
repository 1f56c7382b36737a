import type { SharePhase } from '@p2pshare/control'
import type { Session, ShareDriver } from '@p2pshare/session'
import { phaseOf } from './share-view.ts'

/**
 * A share of which only what is read is wanted counts as done in between; its reader waits all the same. Once the file is
 * known, `done` and `total` are of what is read.
 */
export function waitingPhase(
  session: Session,
  driver: ShareDriver,
  { bytes, total }: { bytes: number; total: number }
): SharePhase {
  const told = phaseOf(session.status(driver))
  const isAtRest = told.phase === 'done'
  const phase = isAtRest
    ? { ...told, phase: told.peers > 0 ? ('pieces' as const) : ('finding' as const) }
    : told
  if (total === 0) return phase
  const here = { pieces: driver.bytes.have?.count ?? 0, totalPieces: driver.record.pieces }
  return { ...phase, ...here, done: bytes, total, etaMs: null }
}

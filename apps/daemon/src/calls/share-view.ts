import type { ShareDetail, SharePhase, ShareSummary } from '@p2pshare/control'
import type { ShareRoot } from '@p2pshare/ports'
import type { ShareDriver, ShareStatus } from '@p2pshare/session'

/** Roots that are told. */
const MOST_ROOTS = 1000

/** One line of `list`. */
export function summaryOf(driver: ShareDriver): ShareSummary {
  const { cid, name, size, path } = driver.record
  const { state, reason } = driver.state
  const { newer } = driver
  return {
    cid,
    name,
    size,
    done: driver.bytes.done,
    state,
    path,
    ...(reason === undefined ? {} : { reason }),
    ...(newer === undefined ? {} : { newer })
  }
}

/** What a share is busy with, in the API's words. */
export function phaseOf(status: ShareStatus): SharePhase {
  return {
    phase: status.phase,
    found: status.found,
    connected: status.connected,
    tried: status.tried,
    pieces: status.steps,
    totalPieces: status.totalSteps,
    done: status.done,
    total: status.total,
    rate: status.rateDown,
    peers: status.peers,
    etaMs: status.timeLeft,
    reason: status.waitingFor
  }
}

/** Where the entries of a share of several paths lie. */
export function rootsView(roots: readonly ShareRoot[] | undefined): Pick<ShareDetail, 'roots' | 'rootCount'> {
  if (roots === undefined) return {}
  return { roots: roots.slice(0, MOST_ROOTS).map((root) => ({ ...root })), rootCount: roots.length }
}

/** Everything about one share, but where it lies and its limits. */
export function detailOf(
  driver: ShareDriver,
  status: ShareStatus,
  link: string
): Omit<ShareDetail, 'limits'> {
  const { pieces, uploaded, downloaded } = driver.record
  const { announced } = status
  return {
    ...summaryOf(driver),
    pieces,
    uploaded,
    downloaded,
    rateUp: status.rateUp,
    rateDown: status.rateDown,
    peers: status.peers,
    availability: status.availability,
    link,
    order: driver.wishes.selection.order,
    phase: phaseOf(status),
    ...(announced === undefined ? {} : { announced: { ...announced, oldest: announced.oldest ?? null } })
  }
}

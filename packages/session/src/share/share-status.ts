import { timeLeft } from '@p2pshare/engine'
import type { FindReport, PublicationStatus } from '@p2pshare/ports'
import type { AnnounceLevel } from '../seeding/publication.ts'
import type { NodeParts } from '../node-parts.ts'
import type { ShareDriver } from './share-driver.ts'
import { availability } from './share-progress.ts'
import type { ShownState } from './share-trouble.ts'

/** What the share does this moment, for people. */
export type Phase =
  | 'finding'
  | 'connecting'
  | 'index'
  | 'pieces'
  | 'verifying'
  | 'finishing'
  | 'waiting'
  | 'done'

/** Everything that is shown of one share. */
export interface ShareStatus {
  state: ShownState
  reason: string | undefined
  phase: Phase
  /** In phase `waiting`: for what. */
  waitingFor: string | null
  found: number
  connected: number
  tried: FindReport[]
  /** Index blocks in phase `index`, else pieces. */
  steps: number
  totalSteps: number
  done: number
  total: number
  rateUp: number
  rateDown: number
  peers: number
  /** Milliseconds; null = cannot be told. */
  timeLeft: number | null
  availability: number
  /** How far announcing is; undefined while nothing of it is announced. */
  announced: (PublicationStatus & { level: AnnounceLevel }) | undefined
}

/**
 * Takes the figures of a share. Cost: O(pieces + peers).
 * @param waitingWords - what `p2pshare why` says first; asked only of a share that waits
 */
export function statusOf(
  driver: ShareDriver,
  parts: NodeParts,
  waitingWords: () => string | undefined
): ShareStatus {
  const { state, reason } = driver.state
  const finder = driver.finder.report
  const { peers } = driver.members
  const phase = phaseOf(driver, finder)
  const steps = stepsOf(driver)
  const rateDown = driver.traffic.rateDown
  const remaining = steps.total - steps.done
  const announced = parts.directory.publicationStatus(driver.cid)
  return {
    state,
    reason,
    phase,
    waitingFor: phase === 'waiting' ? (reason ?? waitingWords() ?? state) : null,
    found: finder.found,
    connected: peers.size,
    tried: finder.tried,
    steps: steps.steps,
    totalSteps: steps.totalSteps,
    done: steps.done,
    total: steps.total,
    rateUp: driver.traffic.rateUp,
    rateDown,
    peers: peers.size,
    timeLeft: state === 'fetching' && steps.total > 0 ? (timeLeft(remaining, rateDown) ?? null) : null,
    availability: copies(driver),
    announced: announced === undefined ? undefined : { ...announced, level: driver.publisher.level }
  }
}

function phaseOf(driver: ShareDriver, finder: { found: number; dialing: number }): Phase {
  const { state } = driver.state
  if (driver.stage === 'checking') return 'verifying'
  if (state === 'error' || state === 'offline') return 'waiting'
  // Also when the files that were selected are here, and no others are wanted.
  if (driver.record.complete || state === 'seeding') return 'done'
  if (state === 'paused' || state === 'queued') return 'waiting'
  if (driver.stage === 'finishing') return 'finishing'
  if (driver.stage === 'opening') return 'verifying'
  return driver.members.peers.size === 0 ? findingPhase(finder) : movingPhase(driver)
}

/** Nobody is connected yet. */
function findingPhase({ found, dialing }: { found: number; dialing: number }): Phase {
  if (dialing > 0) return 'connecting'
  return found > 0 ? 'waiting' : 'finding'
}

/** Somebody is connected: does anything move? */
function movingPhase(driver: ShareDriver): Phase {
  if (driver.stage === 'index') return 'index'
  const swarm = driver.swarm
  const useful = (swarm?.begun ?? 0) > 0 || swarm?.peers.some((peer) => peer.interested) === true
  return useful ? 'pieces' : 'waiting'
}

function stepsOf(driver: ShareDriver): { steps: number; totalSteps: number; done: number; total: number } {
  if (driver.checked !== undefined) {
    const { done, total } = driver.checked
    return { steps: done, totalSteps: total, done: driver.bytes.done, total: driver.record.size }
  }
  if (driver.stage === 'index') {
    const { here, known, size } = driver.indexProgress
    return { steps: here, totalSteps: known, done: 0, total: size ?? 0 }
  }
  const { layout, have, looked } = driver.bytes
  if (looked !== undefined)
    return { steps: 0, totalSteps: driver.record.pieces, done: looked, total: driver.record.size }
  const { selection } = driver.wishes
  if (layout !== undefined && have !== undefined && !driver.record.complete && !selection.isWhole) {
    const chosen = selection.progress(layout, have)
    return { steps: chosen.here, totalSteps: chosen.pieces, done: chosen.done, total: chosen.size }
  }
  const { pieces, size } = driver.record
  return { steps: driver.bytes.have?.count ?? 0, totalSteps: pieces, done: driver.bytes.done, total: size }
}

function copies(driver: ShareDriver): number {
  const swarm = driver.swarm
  if (swarm !== undefined) return swarm.availability
  const have = driver.bytes.have
  if (have === undefined) return 0
  const maps = [...driver.members.peers.all()].flatMap(({ pieces }) =>
    pieces === undefined || pieces.length !== have.length ? [] : [pieces]
  )
  return availability(have.length, [have, ...maps])
}

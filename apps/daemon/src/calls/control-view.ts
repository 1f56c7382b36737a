import { type Millis, millis } from '@p2pshare/base'
import type {
  QueueRequest,
  QueueView,
  ShareChange,
  StopAnswer,
  Stopping,
  StopRequest
} from '@p2pshare/control'
import type { DaemonConfig } from '@p2pshare/control/config'
import type { ControlChoice, OwnRules, Session, ShareDriver, StopView } from '@p2pshare/session'

/** Most shares that one answer tells of. */
const MOST_TOLD = 1000

/** What the configuration says of how many shares work at once, and when they have been seeded enough. */
export function controlChoice(config: DaemonConfig): ControlChoice {
  const { activeFetches, activeVerifies, stopRatio = null, stopTime = null, stopReplicas = null } = config
  return {
    fetches: activeFetches ?? undefined,
    checks: activeVerifies ?? undefined,
    stops: { ratio: stopRatio, time: stopTime === null ? null : millis(stopTime), replicas: stopReplicas }
  }
}

/**
 * Moves a share in the queue if asked to, and answers how the queue is.
 * @throws ShareError `session.unknown-share`, `session.not-in-queue`
 */
export function changeQueue(session: Session, { ref, move }: QueueRequest): QueueView {
  const { queue, checks } = session.controls
  if (ref !== undefined && move !== undefined) queue.move(session.share(ref).cid, move)
  const entries = queue.entries()
  const drivers = new Map(session.shares().map((driver) => [driver.cid, driver]))
  const told = entries.slice(0, MOST_TOLD)
  const named = (cid: string) => ({ cid, name: drivers.get(cid)?.record.name ?? '' })
  const running = entries.filter((entry) => entry.running).length
  const verifies = [
    ...checks.running.map((cid) => ({ ...named(cid), running: true })),
    ...checks.waiting.map((cid) => ({ ...named(cid), running: false }))
  ]
  return {
    activeFetches: queue.limit ?? null,
    activeVerifies: checks.limit ?? null,
    running,
    waiting: entries.length - running,
    jobs: told.flatMap((entry) => {
      const driver = drivers.get(entry.cid)
      if (driver === undefined) return []
      const { state, reason } = driver.state
      const { size } = driver.record
      const shown = { ...entry, ...named(entry.cid), size, done: driver.bytes.done, state }
      return [{ ...shown, ...(reason === undefined ? {} : { reason }) }]
    }),
    more: entries.length - told.length,
    verifies: verifies.slice(0, MOST_TOLD)
  }
}

/**
 * Sets when a share stops seeding, if asked to, and answers how it stands to that.
 * @throws ShareError `session.unknown-share`
 */
export function changeStops(session: Session, { ref, rules, usual }: StopRequest): StopAnswer {
  const driver = session.share(ref)
  const { stops } = session.controls
  if (usual) stops.set(driver.cid, 'usual')
  else if (rules !== undefined) {
    const { ratio, time, replicas } = rules
    stops.set(driver.cid, { ratio, time: time as Millis | null | undefined, replicas })
  }
  const { state, reason } = driver.state
  return {
    ...{ cid: driver.cid, state },
    ...(reason === undefined ? {} : { reason }),
    ...stoppingOf(stops.view(driver.cid))
  }
}

/** Goes on with a share; of one that was seeded enough the rules are off then, which is said. */
export function resumeShare(session: Session, driver: ShareDriver, now: boolean): ShareChange {
  const stopped = session.controls.stops.stoppedFor(driver.cid)
  session.resume(driver, now)
  const { state, reason } = driver.state
  const said = reason ?? (stopped === undefined ? undefined : 'its rules for the end of seeding are off now')
  return { cid: driver.cid, state, ...(said === undefined ? {} : { reason: said }) }
}

/** When a share stops seeding, in the API's words. */
export function stoppingOf({ own, inForce, ratio, seeded, replicas, stopped }: StopView): Stopping {
  const names = ['ratio', 'time', 'replicas'] as const satisfies (keyof OwnRules)[]
  return {
    rules: inForce,
    own: names.filter((name) => own[name] !== undefined),
    ratio: ratio ?? null,
    seeded: Math.round(seeded),
    replicas,
    stopped: stopped ?? null
  }
}

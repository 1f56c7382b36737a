import { setTimeout as sleep } from 'node:timers/promises'
import type { Moment, ObservedShare, ObserveRequest } from '@p2pshare/control'
import type { Session, ShareDriver } from '@p2pshare/session'
import { limitsInForce } from './limit-view.ts'
import { pieceMap } from './piece-map.ts'
import type { ServiceParts } from './service.ts'
import { phaseOf, summaryOf } from './share-view.ts'

/** Time between two moments, in ms. */
const STEP = 250
/** To put a moment together takes at most one part in so many of the time: many large shares are told of less often. */
const COST = 20

/**
 * Tells what the daemon does until the caller goes. Each moment is made when it is asked for, so none waits.
 * @throws ShareError `session.unknown-share` when the one share asked for is not here, or no more
 */
export async function* observeDaemon(
  parts: ServiceParts,
  request: ObserveRequest,
  signal: AbortSignal
): AsyncGenerator<Moment> {
  while (!signal.aborted) {
    const began = performance.now()
    const moment = momentOf(parts, request)
    const took = performance.now() - began
    yield moment
    await sleep(Math.max(STEP, COST * took), undefined, { signal }).catch(() => undefined)
  }
}

function momentOf(parts: ServiceParts, { ref, shares }: ObserveRequest): Moment {
  const { session, network } = parts
  const all = session.shares()
  const wanted = ref === undefined ? all.toSorted(byActivity) : [session.share(ref)]
  const peers = network.peers()
  const relayed = new Set(peers.filter((peer) => peer.relayed).map(({ peer }) => peer))
  const told = wanted.slice(0, shares)
  return {
    at: Date.now(),
    version: parts.version,
    network: parts.config.network,
    startedAt: parts.startedAt,
    peers: peers.length,
    relayed: relayed.size,
    rateUp: all.reduce((sum, { traffic }) => sum + traffic.rateUp, 0),
    rateDown: all.reduce((sum, { traffic }) => sum + traffic.rateDown, 0),
    limits: limitsInForce(session),
    states: statesOf(all),
    shares: told.map((driver) => observed(session, driver, relayed)),
    more: wanted.length - told.length
  }
}

function statesOf(all: readonly ShareDriver[]): Moment['states'] {
  const states: Moment['states'] = {}
  for (const { state } of all) states[state.state] = (states[state.state] ?? 0) + 1
  return states
}

function observed(session: Session, driver: ShareDriver, relayed: ReadonlySet<string>): ObservedShare {
  const status = session.status(driver)
  const { pieces, uploaded, downloaded } = driver.record
  const { have } = driver.bytes
  const { swarm } = driver
  let overRelay = 0
  for (const { peer } of driver.members.peers.all()) if (relayed.has(peer.name)) overRelay++
  return {
    ...summaryOf(driver),
    ...{ pieces, uploaded, downloaded },
    rateUp: status.rateUp,
    rateDown: status.rateDown,
    peers: status.peers,
    relayed: overRelay,
    availability: status.availability,
    phase: phaseOf(status),
    map: have === undefined ? '' : pieceMap(have, (piece) => swarm?.holders(piece) ?? 0)
  }
}

const RANK: Readonly<Record<ObservedShare['state'], number>> = {
  ...{ fetching: 0, checking: 0, error: 1, offline: 1, queued: 2, paused: 2, seeding: 3 }
}

/** What moves comes first, in steps of four so that shares of like rates do not change places all the time. */
function byActivity(a: ShareDriver, b: ShareDriver): number {
  const pace = ({ traffic: { rateUp, rateDown } }: ShareDriver): number =>
    rateUp + rateDown < 1 ? -1 : Math.floor(Math.log(rateUp + rateDown) / Math.log(4))
  return (
    pace(b) - pace(a) ||
    RANK[a.state.state] - RANK[b.state.state] ||
    (a.cid < b.cid ? -1 : a.cid > b.cid ? 1 : 0)
  )
}

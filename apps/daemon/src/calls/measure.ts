import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { ShareError } from '@p2pshare/base'
import type { Measurement, MeasureRequest, Waits } from '@p2pshare/control'
import type { Session } from '@p2pshare/session'

/** The event loop is looked at, and peers are asked, every so many ms. */
const LOOK_EVERY = 5
const ASK_EVERY = 25
/** Peers that are asked; more of them would be a load of its own. */
const MAX_PEERS = 32
/** Watchings at once: each asks peers, who would take many for a flood. */
const AT_ONCE = 2
const NS_PER_MS = 1e6

/** Watches this process, and the round trips of control messages to linked peers, for the time asked. */
export class Measuring {
  #running = 0

  /**
   * @param signal - ends the watching early
   * @throws ShareError `daemon.measuring-already`
   */
  async measure(
    session: Pick<Session, 'links'>,
    request: MeasureRequest,
    signal: AbortSignal
  ): Promise<Measurement> {
    if (this.#running >= AT_ONCE) throw measuringAlready()
    this.#running++
    try {
      return await measure(session, request, signal)
    } finally {
      this.#running--
    }
  }
}

function measuringAlready(): ShareError {
  return new ShareError({
    code: 'daemon.measuring-already',
    fault: 'user',
    message: `the daemon is being measured ${AT_ONCE} times at once already`,
    hint: 'Try again when those are done.'
  })
}

async function measure(
  session: Pick<Session, 'links'>,
  { duration }: MeasureRequest,
  signal: AbortSignal
): Promise<Measurement> {
  const delays = monitorEventLoopDelay({ resolution: LOOK_EVERY })
  const trips = new Map<string, number[]>()
  const ask = (): void => {
    for (const { peer, measureRoundTrip } of session.links().slice(0, MAX_PEERS)) {
      void measureRoundTrip().then((trip) => {
        if (trip === undefined) return
        const known = trips.get(peer)
        if (known === undefined) trips.set(peer, [trip])
        else known.push(trip)
      })
    }
  }
  const [cpu, loop, began] = [process.cpuUsage(), performance.eventLoopUtilization(), performance.now()]
  delays.enable()
  const asking = setInterval(ask, ASK_EVERY)
  try {
    await sleep(duration, undefined, { signal }).catch(() => undefined)
  } finally {
    clearInterval(asking)
    delays.disable()
  }
  const { user, system } = process.cpuUsage(cpu)
  // A look tells the time since the one before it.
  const delay = (ns: number): number => Math.max(0, ns / NS_PER_MS - LOOK_EVERY)
  return {
    duration: performance.now() - began,
    cpuSeconds: (user + system) / 1e6,
    memory: process.memoryUsage.rss(),
    busy: performance.eventLoopUtilization(loop).utilization,
    eventLoopDelay: {
      count: delays.count,
      p50: delay(delays.percentile(50)),
      p95: delay(delays.percentile(95)),
      p99: delay(delays.percentile(99)),
      max: delay(delays.max)
    },
    roundTrips: [...trips].map(([peerId, times]) => ({ peerId, ...waitsOf(times) }))
  }
}

function waitsOf(times: number[]): Waits {
  times.sort((a, b) => a - b)
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0
  return { count: times.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
}

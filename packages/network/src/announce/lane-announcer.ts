import type { PeerId } from '@libp2p/interface'
import type { AnnouncingStatus, Publication, PublicationStatus } from '@p2pshare/ports'
import { ANNOUNCE } from '../limits/index.ts'
import { ageWarning } from './age-warning.ts'
import { Announcements } from './announcements.ts'
import type { AnnouncerParts, LaneAnnouncerInit } from './announcer-parts.ts'
import { BackgroundPace } from './background-pace.ts'
import { BackgroundWork } from './background-work.ts'
import { Breather } from './breather.ts'
import { serverOf } from './closest-servers.ts'
import { Newcomers } from './newcomers.ts'
import { positionOf, SPACE } from './prefix.ts'
import { RecordSpreader } from './record-spreader.ts'
import { RegionExplorer } from './region-explorer.ts'
import { RootWork } from './root-work.ts'
import { ServedServers } from './served-servers.ts'
import { Sweeper } from './sweeper.ts'
import { WorkLoop } from './work-loop.ts'

/**
 * Announces all publications in one DHT: roots at once, then newcomers of a small network are
 * brought up to date, then new files and chunks in the background, and all again within a cycle. Keys
 * are taken in the order of the key space, so that one look at a region and one stream to each of its
 * servers do for all keys there.
 */
export class LaneAnnouncer {
  readonly #parts: AnnouncerParts
  readonly #roots: WorkLoop
  readonly #background: WorkLoop
  readonly #work: BackgroundWork
  #stopping = new AbortController()

  constructor(init: LaneAnnouncerInit) {
    const { lane, clock, rng, log, values } = init
    const { protocol } = lane.profile
    const breather = new Breather(clock, init.spent)
    const spreader = new RecordSpreader({ send: init.send, clock, breather, log })
    const explorer = new RegionExplorer({ lane, clock, rng, breather })
    const served = new ServedServers(values, protocol, clock)
    const phase = positionOf(serverOf(lane.self).place) / SPACE
    this.#parts = {
      ...init,
      announcements: new Announcements({ values, protocol, clock, phase }),
      sweeper: new Sweeper(explorer, spreader, breather),
      newcomers: new Newcomers({ served, spreader, clock, onWaiting: () => this.#background.ring() }),
      pace: new BackgroundPace(clock),
      breather
    }
    const roots = new RootWork(this.#parts)
    this.#roots = new WorkLoop(clock, log, async (signal) => {
      const delay = await roots.step(this.#roots, signal)
      // Files and chunks wait for their roots.
      this.#background.ring()
      return delay
    })
    this.#work = new BackgroundWork(this.#parts)
    this.#background = new WorkLoop(clock, log, (signal) => this.#work.step(this.#background, signal))
  }

  start(): void {
    this.#stopping = new AbortController()
    const { signal } = this.#stopping
    const forget = this.#parts.lane.onServer((peer) => this.#onServer(peer))
    signal.addEventListener('abort', forget, { once: true })
    this.#roots.start(signal)
    this.#background.start(signal)
  }

  /** Ends the work under way; progress is on disk already. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([this.#roots.ended(), this.#background.ended()])
  }

  publish(publication: Publication): void {
    this.#parts.announcements.publish(publication)
    // What was just seeded is often fetched at once.
    this.#parts.pace.busy()
    this.#work.hurry()
    this.#ring()
  }

  /** Our addresses may be others than those in the records: looks at once whether roots are due again. */
  moved(): void {
    this.#ring()
  }

  /** Content moves on some link: all but roots can wait a little. */
  makeWay(): void {
    this.#parts.pace.busy()
  }

  withdraw(share: string): void {
    this.#parts.announcements.withdraw(share)
  }

  status(share: string): PublicationStatus | undefined {
    return this.#parts.announcements.status(share)
  }

  /** How far announcing is in this DHT, over all publications. */
  summary(): AnnouncingStatus {
    const { lane, announcements, clock } = this.#parts
    const { source } = lane.profile
    const summary = announcements.summary()
    // In a LAN without others there is nobody who could look for anything.
    const isNobodys = source === 'lan-dht' && lane.size === 0
    const oldest = isNobodys ? undefined : summary.oldest
    return { source, ...summary, warning: ageWarning(source, oldest, clock.wallTime()) }
  }

  /** For measuring: longest stretch without a turn of the event loop (ms), and lookups. */
  get effort(): { longest: number; lookups: number } {
    return { longest: this.#parts.breather.longest, lookups: this.#parts.sweeper.explorer.lookups }
  }

  #onServer(peer: PeerId): void {
    const { lane, newcomers, sweeper, clock } = this.#parts
    sweeper.explorer.add(serverOf(peer))
    if (lane.size <= ANNOUNCE.replicas) newcomers.arrived(peer.toString())
    // Several servers often come together; one lookup then serves them all.
    clock.after(ANNOUNCE.newServerDelay, () => this.#ring())
  }

  #ring(): void {
    this.#roots.ring()
    this.#background.ring()
  }
}

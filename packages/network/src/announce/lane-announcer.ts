import type { Clock } from '@p2pshare/base'
import type { KeyValueStore, Log, Publication, PublicationStatus } from '@p2pshare/ports'
import type { DhtLane } from '../dht/dht-lane.ts'
import { reasonOf } from '../errors.ts'
import { ANNOUNCE } from '../limits/index.ts'
import { BackgroundPace } from './background-pace.ts'
import { Doorbell } from './doorbell.ts'
import { type BatchPart, keysOf, markAnnounced, nextBatch, nextDue } from './next-batch.ts'
import {
  type Announced,
  decodeProgress,
  encodeProgress,
  fingerprintOf,
  freshProgress,
  keyAt,
  totalKeys
} from './publication-state.ts'
import type { RecordSpreader, SpreadResult } from './record-spreader.ts'
import { ServedServers } from './served-servers.ts'

/** What {@link LaneAnnouncer} is made of. */
export interface LaneAnnouncerInit {
  lane: DhtLane
  spreader: RecordSpreader
  values: KeyValueStore
  clock: Clock
  log: Log
}

/**
 * Announces all publications in one DHT: roots at once, then newcomers of a small network are
 * brought up to date, then files and chunks in the background, all again before their records end.
 */
export class LaneAnnouncer {
  readonly #init: LaneAnnouncerInit
  readonly #all = new Map<string, Announced>()
  readonly #bell = new Doorbell()
  readonly #served: ServedServers
  readonly #pace: BackgroundPace
  /** New servers of a small network that lack what was announced before they came. */
  readonly #behind = new Set<string>()
  #stopping = new AbortController()
  /** Batches in a row that reached nobody. */
  #failures = 0
  #loop: Promise<void> | undefined

  constructor(init: LaneAnnouncerInit) {
    this.#init = init
    this.#pace = new BackgroundPace(init.clock)
    this.#served = new ServedServers(init.values, init.lane.profile.protocol, init.clock)
  }

  start(): void {
    this.#stopping = new AbortController()
    const forget = this.#init.lane.onServer((peer) => this.#onServer(peer.toString()))
    this.#stopping.signal.addEventListener('abort', forget, { once: true })
    this.#loop = this.#run(this.#stopping.signal)
  }

  /** Ends the work under way; progress is on disk already. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
  }

  publish(publication: Publication): void {
    const fingerprint = fingerprintOf(publication)
    const stored = this.#init.values.get(this.#row(publication.share))
    const progress = decodeProgress(stored, fingerprint, totalKeys(publication)) ?? freshProgress(fingerprint)
    this.#all.set(publication.share, { publication, progress, rootDue: true })
    // What was just seeded is often fetched at once.
    this.#pace.busy()
    this.#bell.ring()
  }

  /** Our addresses have changed: there may be something true to announce now. */
  readdressed(): void {
    this.#bell.ring()
  }

  /** Content moves on some link: all but roots can wait a little. */
  makeWay(): void {
    this.#pace.busy()
  }

  withdraw(share: string): void {
    this.#all.delete(share)
    this.#init.values.delete(this.#row(share))
  }

  status(share: string): PublicationStatus | undefined {
    const announced = this.#all.get(share)
    if (announced === undefined) return undefined
    const { progress, publication } = announced
    const total = totalKeys(publication)
    const renewing = progress.previousAt > 0 && progress.cursor < total
    const oldest = renewing ? progress.previousAt : progress.startedAt
    return { announced: renewing ? total : progress.cursor, total, oldest: oldest === 0 ? undefined : oldest }
  }

  #row(share: string): string {
    return `pub/${this.#init.lane.profile.protocol}/${share}`
  }

  #onServer(peer: string): void {
    if (this.#init.lane.size <= ANNOUNCE.replicas && !this.#served.has(peer)) this.#behind.add(peer)
    // Several servers often come together; one lookup then serves them all.
    this.#init.clock.after(ANNOUNCE.newServerDelay, () => this.#bell.ring())
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      let delay: number | undefined
      try {
        delay = await this.#step(signal)
      } catch (error) {
        this.#init.log.warn({ error: reasonOf(error) }, 'announcing failed; it is tried again')
        delay = this.#retryDelay()
      }
      if (delay !== 0) await this.#bell.wait(this.#init.clock, signal, delay)
    }
  }

  /** Does one piece of work; answers how long to wait before the next (ms), undefined for "until something happens". */
  async #step(signal: AbortSignal): Promise<number | undefined> {
    const { clock, spreader, lane } = this.#init
    if (!spreader.ready) return lane.size === 0 ? undefined : ANNOUNCE.maxRetry
    const began = clock.now()
    const parts = nextBatch(this.#all.values(), clock.wallTime())
    const rootsOnly = parts[0]?.from === 0
    const newcomer = this.#behind.values().next()
    if (parts.length === 0 && newcomer.done === true) return this.#untilDue()
    if (!rootsOnly && this.#pace.wait > 0) return this.#pace.wait
    if (!rootsOnly && newcomer.value !== undefined) {
      await this.#bringUpToDate(newcomer.value, signal)
      return 0
    }
    if (!(await this.#announce(parts, signal))) return this.#retryDelay()
    this.#failures = 0
    if (!rootsOnly) this.#pace.worked(clock.now() - began)
    return 0
  }

  #retryDelay(): number {
    return Math.min(ANNOUNCE.maxRetry, ANNOUNCE.firstRetry * 2 ** Math.min(10, this.#failures++))
  }

  #untilDue(): number | undefined {
    const due = nextDue(this.#all.values())
    return due === undefined ? undefined : Math.max(1000, due - this.#init.clock.wallTime())
  }

  /** Waits for the turn of the next batch. */
  async #pause(signal: AbortSignal): Promise<void> {
    for (let wait = this.#pace.wait; wait > 0 && !signal.aborted; wait = this.#pace.wait) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const cancel = this.#init.clock.after(wait, resolve)
      const onAbort = (): void => resolve()
      signal.addEventListener('abort', onAbort, { once: true })
      await promise
      cancel()
      signal.removeEventListener('abort', onAbort)
    }
  }

  /** Announces a batch; answers whether anybody took it. */
  async #announce(parts: readonly BatchPart[], signal: AbortSignal): Promise<boolean> {
    const now = this.#init.clock.wallTime()
    const result = await this.#init.spreader.spread(keysOf(parts), signal)
    if (signal.aborted || result.reached.length === 0) return false
    this.#noteServed(result)
    for (const part of parts) {
      const { publication, progress } = part.announced
      // Withdrawn or replaced meanwhile: the new one starts on its own.
      if (this.#all.get(publication.share) !== part.announced) continue
      markAnnounced(part, now)
      this.#init.values.put(this.#row(publication.share), encodeProgress(progress))
    }
    return true
  }

  #noteServed({ reached, failed, wholeNetwork }: SpreadResult): void {
    if (!wholeNetwork) return
    this.#served.keepOnly(reached)
    const isFirst = [...this.#all.values()].every((each) => each.progress.cursor === 0)
    for (const peer of reached) {
      if (isFirst) this.#behind.delete(peer)
      if (!this.#behind.has(peer)) this.#served.add(peer)
    }
    if (failed.length === 0) return
    this.#init.clock.after(ANNOUNCE.maxRetry, () => {
      for (const peer of failed) this.#behind.add(peer)
      this.#bell.ring()
    })
  }

  /** Sends a newcomer everything announced so far. */
  async #bringUpToDate(peer: string, signal: AbortSignal): Promise<void> {
    this.#behind.delete(peer)
    for (const announced of [...this.#all.values()]) {
      const { progress, publication } = announced
      const end = progress.previousAt > 0 ? totalKeys(publication) : progress.cursor
      for (let from = 0; from < end && !signal.aborted; from += ANNOUNCE.batch) {
        const count = Math.min(ANNOUNCE.batch, end - from)
        const keys = Array.from({ length: count }, (_, i) => keyAt(publication, from + i))
        // It left again, or is broken; when it comes back it is a newcomer again.
        const began = this.#init.clock.now()
        if (!(await this.#init.spreader.sendTo(peer, keys, signal))) return
        this.#pace.worked(this.#init.clock.now() - began)
        await this.#pause(signal)
      }
    }
    if (!signal.aborted) this.#served.add(peer)
  }
}

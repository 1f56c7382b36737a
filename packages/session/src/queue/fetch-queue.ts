import { type CancelTimer, type Clock, millis, SECOND, ShareError } from '@p2pshare/base'
import {
  freshPace,
  type JobPace,
  PACE_WINDOW,
  type QueuedJob,
  type QueueMove,
  reordered,
  watchedPace,
  whoRuns
} from '@p2pshare/engine'
import type { KeyValueStore, ShareRecord } from '@p2pshare/ports'
import type { ShownState } from '../share/share-trouble.ts'
import type { ShareStage } from '../share/share-stage.ts'
import { QueueStore } from './queue-store.ts'

/** States of a fetch that a full, absent or read-only disk holds: it takes no place. */
const HELD: ReadonlySet<string> = new Set(['paused', 'offline', 'error'])

/** A share that is fetched, as the queue needs it. */
export interface QueuedShare {
  readonly cid: string
  readonly record: Readonly<Pick<ShareRecord, 'state' | 'complete'>>
  readonly state: { readonly state: ShownState }
  readonly stage: ShareStage
  /** Bytes that have come since this run began. */
  readonly traffic: { readonly moved: number }
  /** Content bytes that are here, from wherever. */
  readonly bytes: { readonly done: number }
  /** Ends all work until its turn comes. */
  hold(state: 'queued'): void
  /** Its turn has come. */
  resume(turn: 'fetching'): void
  onChange(listener: () => void): () => void
}

/** What a {@link FetchQueue} stands on. */
export interface FetchQueueParts {
  values: KeyValueStore
  clock: Clock
  /** Places; undefined = no limit. */
  limit: number | undefined
  /** Download limit that holds for a share, bytes per second; undefined = none. */
  downLimit(cid: string): number | undefined
}

/** One fetch of the queue, for display. */
export interface QueueEntry {
  cid: string
  /** 1 = the first. */
  place: number
  running: boolean
  stalled: boolean
  forced: boolean
}

const BUSY: ReadonlySet<ShareStage> = new Set(['opening', 'finishing', 'checking'])

/** Says which fetches run and which wait, and keeps their order; decisions are the engine's {@link whoRuns}. */
export class FetchQueue {
  readonly #store: QueueStore
  readonly #clock: Clock
  readonly #downLimit: FetchQueueParts['downLimit']
  readonly #shares = new Map<string, { share: QueuedShare; stopListening: () => void; known: string }>()
  readonly #paces = new Map<string, JobPace>()
  #limit: number | undefined
  #places: Map<string, QueueEntry> | undefined
  #anew = false
  #timer: CancelTimer | undefined
  #firstLook: CancelTimer | undefined

  constructor({ values, clock, limit, downLimit }: FetchQueueParts) {
    this.#store = new QueueStore(values)
    this.#clock = clock
    this.#limit = limit
    this.#downLimit = downLimit
  }

  /** Places; undefined = no limit. */
  get limit(): number | undefined {
    return this.#limit
  }

  /**
   * All shares of an earlier run are added. What ran goes on, since which of it is stalled is not known yet; a minute
   * later places are given out anew, as the limit may have changed meanwhile.
   */
  start(): void {
    for (const cid of [...this.#store.order]) if (!this.#shares.has(cid)) this.#store.remove(cid)
    this.#look(false)
    this.#firstLook = this.#clock.after(millis(PACE_WINDOW + SECOND), () => this.#soon(true))
  }

  stop(): void {
    this.#timer?.()
    this.#firstLook?.()
    this.#timer = undefined
  }

  /** A share of this node; one that is complete has no place. */
  add(share: QueuedShare): void {
    const { cid } = share
    if (share.record.complete) return this.forget(cid)
    this.#shares.get(cid)?.stopListening()
    this.#store.append(cid)
    const stopListening = share.onChange(() => this.#onChange(cid))
    this.#shares.set(cid, { share, stopListening, known: '' })
    this.#onChange(cid)
  }

  /** The share is removed, or complete. */
  forget(cid: string): void {
    this.#shares.get(cid)?.stopListening()
    this.#shares.delete(cid)
    this.#paces.delete(cid)
    this.#store.remove(cid)
    this.#soon(false)
  }

  /** A share wants to be fetched: whether it may begin now, or waits. It needs not be added yet. */
  admit(cid: string): 'fetching' | 'queued' {
    this.#store.append(cid)
    return whoRuns(this.#jobs(cid), this.#limit, false).has(cid) ? 'fetching' : 'queued'
  }

  /** From now on it runs regardless of the queue, until it is paused or moved. @param cid - of a share that is added */
  force(cid: string): void {
    this.#store.force(cid, true)
    this.#soon(false)
  }

  /**
   * Moves a share to another place, and into the queue if it ran regardless of it; who runs is looked at anew.
   * @throws ShareError `session.not-in-queue`
   */
  move(cid: string, move: QueueMove): void {
    if (!this.#shares.has(cid)) throw notInQueue(cid)
    this.#store.force(cid, false)
    this.#store.reorder(reordered(this.#store.order, (each) => this.#stands(each), cid, move))
    this.#look(true)
  }

  /** @param limit - places; undefined = no limit */
  configure(limit: number | undefined): void {
    if (limit === this.#limit) return
    this.#limit = limit
    this.#soon(true)
  }

  /** Once a second: looks who moves. */
  tick(): void {
    const now = this.#clock.now()
    for (const [cid, { share }] of this.#shares) {
      if (share.record.state !== 'fetching') continue
      const progress = share.traffic.moved + share.bytes.done
      const pace = this.#paces.get(cid)
      const next =
        pace === undefined || BUSY.has(share.stage)
          ? freshPace(progress, now)
          : watchedPace(pace, progress, now, this.#downLimit(cid))
      this.#paces.set(cid, next)
      if (next.stalled !== (pace?.stalled ?? false)) this.#soon(false)
    }
  }

  /** Fetches that run or wait, in order. */
  entries(): QueueEntry[] {
    return [...this.#known().values()]
  }

  /** Of one that runs or waits. */
  find(cid: string): QueueEntry | undefined {
    return this.#known().get(cid)
  }

  /** Why it waits, in words; undefined when it does not. */
  words(cid: string): string | undefined {
    if (this.#shares.get(cid)?.share.record.state !== 'queued') return undefined
    const entry = this.find(cid)
    return entry === undefined ? undefined : `place ${entry.place} of ${this.#known().size} in the queue`
  }

  #known(): Map<string, QueueEntry> {
    this.#places ??= new Map(
      this.#jobs().map(({ id: cid, running, stalled, forced }, i) => [
        cid,
        { cid, place: i + 1, running, stalled, forced }
      ])
    )
    return this.#places
  }

  /** @param candidate - stands in the queue whatever its state is */
  #jobs(candidate?: string): QueuedJob[] {
    return this.#store.order
      .filter((cid) => cid === candidate || this.#stands(cid))
      .map((cid) => {
        const share = this.#shares.get(cid)?.share
        const running = share?.record.state === 'fetching'
        const isHeld = running && HELD.has(share.state.state)
        return {
          id: cid,
          running,
          stalled: running && (isHeld || this.#paces.get(cid)?.stalled === true),
          forced: this.#store.isForced(cid),
          busy: share !== undefined && BUSY.has(share.stage)
        }
      })
  }

  #stands(cid: string): boolean {
    const state = this.#shares.get(cid)?.share.record.state
    return state === 'fetching' || state === 'queued'
  }

  #onChange(cid: string): void {
    const entry = this.#shares.get(cid)
    if (entry === undefined) return
    const { share } = entry
    const { state, complete } = share.record
    if (complete) return this.forget(cid)
    const known = `${state} ${share.state.state}`
    if (known === entry.known) return
    entry.known = known
    if (state !== 'fetching') this.#paces.delete(cid)
    if (state === 'paused') this.#store.force(cid, false)
    this.#soon(false)
  }

  /** Looks a moment later, so that many changes are one, and none happens in the middle of another's. */
  #soon(anew: boolean): void {
    this.#places = undefined
    this.#anew ||= anew
    this.#timer ??= this.#clock.after(millis(0), () => {
      this.#timer = undefined
      const wasAnew = this.#anew
      this.#anew = false
      this.#look(wasAnew)
    })
  }

  #look(anew: boolean): void {
    const jobs = this.#jobs()
    const run = whoRuns(jobs, this.#limit, anew)
    for (const { id, running } of jobs)
      if (running && !run.has(id)) this.#shares.get(id)?.share.hold('queued')
    for (const { id, running } of jobs)
      if (!running && run.has(id)) this.#shares.get(id)?.share.resume('fetching')
    this.#places = undefined
  }
}

function notInQueue(cid: string): ShareError {
  return new ShareError({
    code: 'session.not-in-queue',
    fault: 'user',
    message: `${cid} has no place in the queue: all of it is here, and only fetches wait for a turn`,
    hint: 'See `p2pshare queue` for what is in it.'
  })
}

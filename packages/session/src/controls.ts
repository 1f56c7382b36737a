import type { Clock } from '@p2pshare/base'
import type { StopRules } from '@p2pshare/engine'
import type { Catalogue } from '@p2pshare/ports'
import { CheckQueue, type CheckedShare } from './queue/check-queue.ts'
import { FetchQueue, type QueuedShare } from './queue/fetch-queue.ts'
import type { LimitKeeper } from './limits/limit-keeper.ts'
import { ReplicaBook } from './stopping/replica-book.ts'
import { SeedStops, type StoppableShare } from './stopping/seed-stops.ts'
import { NEVER } from './stopping/stop-rule-store.ts'

/** What the configuration says of how many shares work at a time, and when they have done enough. */
export interface ControlChoice {
  /** Fetches at a time; undefined = no limit. */
  fetches?: number | undefined
  /** Checks of all pieces at a time; undefined = no limit. */
  checks?: number | undefined
  /** When shares stop seeding that have no rules of their own; never when missing. */
  stops?: StopRules | undefined
}

/** Whose turn it is, as a share asks. */
export interface Turns {
  /** A share wants to be fetched: whether it may begin now, or waits. */
  admit(cid: string): 'fetching' | 'queued'
  /** What a share waits for its turn with, in words; undefined when it does not. */
  words(cid: string): string | undefined
}

/** What a node's controls stand on. */
export interface ControlParts {
  catalogue: Pick<Catalogue, 'values'>
  clock: Clock
  choice: ControlChoice | undefined
  limits: () => LimitKeeper
  /** Pauses a share, for that reason. */
  pause(cid: string, reason: string): void
}

/** Which shares of this node work now, which wait, and which have done enough. */
export class Controls implements Turns {
  readonly queue: FetchQueue
  readonly checks: CheckQueue
  readonly stops: SeedStops
  readonly replicas: ReplicaBook

  constructor({ catalogue, clock, choice = {}, limits, pause }: ControlParts) {
    this.queue = new FetchQueue({
      values: catalogue.values('queue'),
      clock,
      limit: choice.fetches,
      downLimit: (cid) => lower(limits().inForce.down, limits().of('share', cid).down)
    })
    this.checks = new CheckQueue(catalogue.values('checks'), choice.checks)
    this.replicas = new ReplicaBook(catalogue.values('replicas'), clock)
    this.stops = new SeedStops({
      values: { rules: catalogue.values('stop-rules'), time: catalogue.values('seeding-time') },
      ...{ clock, replicas: this.replicas, usual: choice.stops ?? NEVER, stop: pause }
    })
  }

  /** The configuration changed; counts at once. */
  configure({ fetches, checks, stops = NEVER }: ControlChoice): void {
    this.queue.configure(fetches)
    this.checks.configure(checks)
    this.stops.configure(stops)
  }

  add(share: QueuedShare & StoppableShare): void {
    this.queue.add(share)
    this.stops.add(share)
  }

  /** The share is removed. */
  forget(cid: string): void {
    this.queue.forget(cid)
    this.checks.forget(cid)
    this.stops.forget(cid)
  }

  /** All shares of an earlier run are added. */
  start(find: (cid: string) => CheckedShare | undefined): void {
    this.queue.start()
    this.checks.start(find)
  }

  stop(): void {
    this.queue.stop()
    this.checks.stop()
    this.stops.stop()
  }

  /** Once a second. */
  tick(): void {
    this.queue.tick()
    this.stops.tick()
  }

  admit(cid: string): 'fetching' | 'queued' {
    return this.queue.admit(cid)
  }

  words(cid: string): string | undefined {
    return this.queue.words(cid) ?? this.checks.words(cid)
  }
}

/** The lower of two limits, null = none. */
function lower(a: number | null, b: number | null): number | undefined {
  return a === null ? (b ?? undefined) : b === null ? a : Math.min(a, b)
}

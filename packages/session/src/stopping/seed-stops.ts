import type { Clock, Millis } from '@p2pshare/base'
import { type SeedingFacts, type StopRules, type StopVerdict, stopVerdict } from '@p2pshare/engine'
import type { KeyValueStore, ShareRecord } from '@p2pshare/ports'
import type { ShownState } from '../share/share-trouble.ts'
import type { ReplicaBook } from './replica-book.ts'
import { SeedingTime } from './seeding-time.ts'
import { inForce, NEVER, type OwnRules, StopRuleStore } from './stop-rule-store.ts'

/** Shares that are looked at in one go. */
const LOOKED_AT = 100

/** A share that may have been seeded enough some day. */
export interface StoppableShare {
  readonly cid: string
  readonly record: Readonly<Pick<ShareRecord, 'state' | 'reason' | 'uploaded'>>
  readonly state: { readonly state: ShownState }
  /** Content bytes that are here. */
  readonly bytes: { readonly done: number }
  resume(): void
  onChange(listener: () => void): () => void
}

/** What a {@link SeedStops} stands on. */
export interface SeedStopParts {
  /** Rules, and time seeded. */
  values: { rules: KeyValueStore; time: KeyValueStore }
  clock: Clock
  replicas: ReplicaBook
  /** Rules of shares that have none of their own. */
  usual: StopRules
  /** Pauses a share, for that reason. */
  stop(cid: string, reason: string): void
}

/** How a share stands to its rules. */
export interface StopView {
  own: OwnRules
  inForce: StopRules
  /** Bytes sent for each byte that is here; undefined when nothing is. */
  ratio: number | undefined
  seeded: Millis
  replicas: number
  /** Why it was paused, if its rules did it. */
  stopped: string | undefined
}

/**
 * Pauses shares that have been seeded enough. A share is looked at when something that its rules depend on has
 * changed, at most once a second, and when its time is up; a node with ten thousand quiet shares looks at none.
 */
export class SeedStops {
  readonly #store: StopRuleStore
  readonly #time: SeedingTime
  readonly #replicas: ReplicaBook
  readonly #stop: SeedStopParts['stop']
  readonly #shares = new Map<string, { share: StoppableShare; stopListening: () => void }>()
  readonly #changed = new Set<string>()
  /** Uptime at which a share is to be looked at again. */
  readonly #due = new Map<string, number>()
  #nextDue = Number.POSITIVE_INFINITY
  #usual: StopRules
  /** Shares that were not asked about yet; see {@link lacksReplicas}. */
  #turn: string[] = []

  constructor({ values, clock, replicas, usual, stop }: SeedStopParts) {
    this.#store = new StopRuleStore(values.rules)
    this.#time = new SeedingTime(values.time, clock)
    this.#replicas = replicas
    this.#stop = stop
    this.#usual = usual
    replicas.onChange((cid) => this.note(cid))
  }

  /** A share of this node, new or of an earlier run. */
  add(share: StoppableShare): void {
    const { cid } = share
    this.#shares.get(cid)?.stopListening()
    const stopListening = share.onChange(() => this.#onChange(share))
    this.#shares.set(cid, { share, stopListening })
    this.#onChange(share)
  }

  /** The share is removed. */
  forget(cid: string): void {
    this.#shares.get(cid)?.stopListening()
    this.#shares.delete(cid)
    this.#changed.delete(cid)
    this.#due.delete(cid)
    this.#store.forget(cid)
    this.#time.forget(cid)
    this.#replicas.forget(cid)
  }

  /** Something was sent of a share, or somebody else has all of it now. */
  note(cid: string): void {
    this.#changed.add(cid)
  }

  /** Other rules for shares that have none of their own. What has stopped stays stopped. */
  configure(usual: StopRules): void {
    this.#usual = usual
    for (const cid of this.#shares.keys()) this.note(cid)
  }

  /**
   * Sets rules of one share for good; what is undefined stays, and `usual` are those of the daemon again. A share that
   * its rules have stopped goes on when the new ones are not reached.
   */
  set(cid: string, change: OwnRules | 'usual'): void {
    const { rules, stopped } = this.#store.of(cid)
    const given = change === 'usual' ? {} : { ...rules, ...defined(change) }
    this.#store.put(cid, { rules: given, stopped })
    this.note(cid)
    const share = this.#shares.get(cid)?.share
    if (stopped === undefined || share === undefined || this.#verdict(share).stop) return
    this.#store.put(cid, { rules: given, stopped: undefined })
    share.resume()
  }

  view(cid: string): StopView {
    const { rules, stopped } = this.#store.of(cid)
    const share = this.#shares.get(cid)?.share
    const here = share?.bytes.done ?? 0
    return {
      own: rules,
      inForce: inForce(rules, this.#usual),
      ratio: share === undefined || here === 0 ? undefined : share.record.uploaded / here,
      seeded: this.#time.seeded(cid),
      replicas: this.#replicas.count(cid),
      stopped
    }
  }

  /** Why the share was paused, if its rules did it. */
  stoppedFor(cid: string): string | undefined {
    return this.#store.of(cid).stopped
  }

  /**
   * Shares that would be stopped if more others had all of them, of the next hundred: a node may have very many, and
   * each has to be looked up.
   */
  *lacksReplicas(): Generator<string, void> {
    if (this.#turn.length === 0) this.#turn = [...this.#shares.keys()]
    for (const cid of this.#turn.splice(0, LOOKED_AT)) {
      const share = this.#shares.get(cid)?.share
      if (share?.state.state !== 'seeding') continue
      const { ratio, time, replicas } = inForce(this.#store.of(cid).rules, this.#usual)
      if (replicas === null || this.#replicas.count(cid) >= replicas) continue
      const isOnlyRule = ratio === null && time === null
      if (isOnlyRule || this.#verdict(share, { ratio, time, replicas: null }).stop) yield cid
    }
  }

  /** Once a second. */
  tick(): void {
    this.#time.tick()
    const look = new Set(this.#changed)
    this.#changed.clear()
    const { uptime } = this.#time
    if (uptime >= this.#nextDue) {
      for (const [cid, at] of this.#due) if (at <= uptime) look.add(cid)
    }
    for (const cid of look) this.#look(cid)
    if (look.size > 0) this.#nextDue = earliest(this.#due.values())
    this.#replicas.save()
  }

  /** Writes what a restart must know. */
  stop(): void {
    this.#time.tick()
    this.#time.save()
    this.#replicas.save()
    for (const { stopListening } of this.#shares.values()) stopListening()
  }

  #onChange(share: StoppableShare): void {
    const { cid } = share
    const isSeeding = share.state.state === 'seeding'
    if (isSeeding) this.#time.begin(cid)
    else this.#time.end(cid)
    if (isSeeding) this.note(cid)
    const { rules, stopped } = this.#store.of(cid)
    if (stopped === undefined) return
    const { state, reason } = share.record
    // Somebody wants it seeded although it has done enough: it is from now on, until its rules are set anew.
    if (state !== 'paused') this.#store.put(cid, { rules: NEVER, stopped: undefined })
    // Paused by hand now.
    else if (reason !== stopped) this.#store.put(cid, { rules, stopped: undefined })
  }

  #look(cid: string): void {
    this.#due.delete(cid)
    const share = this.#shares.get(cid)?.share
    if (share === undefined || share.state.state !== 'seeding') return
    const verdict = this.#verdict(share)
    if (!verdict.stop) {
      if (verdict.lookAgain !== undefined) this.#due.set(cid, this.#time.uptime + verdict.lookAgain)
      return
    }
    this.#store.put(cid, { ...this.#store.of(cid), stopped: verdict.reason })
    this.#stop(cid, verdict.reason)
  }

  #verdict(
    share: StoppableShare,
    rules: StopRules = inForce(this.#store.of(share.cid).rules, this.#usual)
  ): StopVerdict {
    const { cid, record, bytes } = share
    const facts: SeedingFacts = {
      uploaded: record.uploaded,
      size: rules.ratio === null ? 0 : bytes.done,
      seeded: this.#time.seeded(cid),
      replicas: rules.replicas === null ? 0 : this.#replicas.count(cid)
    }
    return stopVerdict(rules, facts)
  }
}

function earliest(times: Iterable<number>): number {
  let first = Number.POSITIVE_INFINITY
  for (const time of times) first = Math.min(first, time)
  return first
}

/** The parts that say something. */
function defined(change: OwnRules): OwnRules {
  return Object.fromEntries(Object.entries(change).filter(([, rule]) => rule !== undefined))
}

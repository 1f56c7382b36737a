import { type CancelTimer, type Clock, MINUTE, millis, ShareError } from '@p2pshare/base'
import { inSchedule, type LimitScope, type RequestBudget, type WeekTime } from '@p2pshare/engine'
import type { KeyValueStore } from '@p2pshare/ports'
import {
  type Alternative,
  LimitStore,
  type NodeLimits,
  type ScopeLimits,
  type StartLimits
} from './limit-settings.ts'
import { type FlowOwner, Throttle } from './throttle.ts'

/** Shares and peers with limits of their own; each peer's outlives its visits, so they need a bound. */
const MOST_NAMED = 10_000
const GLOBAL = { kind: 'global' } as const
/** Seconds of the download limit that may be asked of peers ahead. */
const ASKED_AHEAD = 4

/** What a user changes of something; what is absent or undefined stays. */
type Change<T> = { [K in keyof T]?: T[K] | undefined }

/** What a user changes of the limits of a share or a peer. */
export type ScopeChange = Change<ScopeLimits>

/** What a user changes of the node's limits. */
export interface LimitChange extends ScopeChange {
  alternative?: Change<Alternative> | undefined
}

/** The node's limits that count this moment. */
export interface LimitsInForce extends ScopeLimits {
  alternative: boolean
  /** Why these and not the others. */
  why: 'normal' | 'switched-on' | 'schedule'
}

/** What a {@link LimitKeeper} stands on. */
export interface LimitKeeperParts {
  values: KeyValueStore
  config: StartLimits
  clock: Clock
  budget: RequestBudget
  /** Reading of the local wall clock at a wall time in ms. */
  localTime?: ((wallTime: number) => WeekTime) | undefined
}

/** The node's rate limits: kept over restarts, changed by the user and by the time of day, put in force here. */
export class LimitKeeper {
  readonly up: Throttle
  readonly down: Throttle
  readonly #store: LimitStore
  readonly #clock: Clock
  readonly #budget: RequestBudget
  readonly #localTime: (wallTime: number) => WeekTime
  readonly #named = new Map<string, ScopeLimits>()
  #node: NodeLimits
  #inForce: LimitsInForce
  #timer: CancelTimer | undefined

  constructor(parts: LimitKeeperParts) {
    this.up = new Throttle(parts.clock)
    this.down = new Throttle(parts.clock)
    this.#store = new LimitStore(parts.values, parts.config)
    this.#clock = parts.clock
    this.#budget = parts.budget
    this.#localTime = parts.localTime ?? localWeekTime
    this.#node = this.#store.node()
    this.#inForce = this.#chosen()
  }

  /** Takes up what was set before. */
  start(): void {
    for (const { kind, name, ...limits } of this.#store.named()) this.#applyNamed(scopeOf(kind, name), limits)
    this.#apply()
    this.#watch()
  }

  stop(): void {
    this.#timer?.()
    this.#timer = undefined
  }

  /**
   * Housekeeping. While a download limit holds for every peer, no more is asked of them than comes
   * in within some seconds: peers would wait for us. LAN peers that are exempt need no such bound.
   */
  tick(lanPeers: boolean): void {
    const { down, includeLan } = this.#inForce
    this.#budget.setCeiling(down === null || (lanPeers && !includeLan) ? undefined : down * ASKED_AHEAD)
  }

  /** A link is gone: nothing of it waits any more. */
  leave(link: FlowOwner, peer: string): void {
    for (const throttle of [this.up, this.down]) throttle.leave(link, peer)
  }

  /** What is set for the node. */
  get node(): NodeLimits {
    return this.#node
  }

  /** What holds for the node now. */
  get inForce(): LimitsInForce {
    return this.#inForce
  }

  /** What is set for a share or a peer. */
  of(kind: 'share' | 'peer', name: string): ScopeLimits {
    return this.#named.get(`${kind} ${name}`) ?? { up: null, down: null, includeLan: false }
  }

  /** The configuration changed: what it says anew counts at once, what it says still does not. */
  configure(config: StartLimits): void {
    this.#store.configure(config)
    this.#node = this.#store.node()
    this.#store.putNode(this.#node)
    this.#apply()
  }

  /** Changes the node's limits at once, and for good. */
  change({ alternative, ...change }: LimitChange): void {
    this.#node = {
      ...this.#node,
      ...given(change),
      alternative: { ...this.#node.alternative, ...given(alternative ?? {}) }
    }
    this.#store.putNode(this.#node)
    this.#apply()
    this.#watch()
  }

  /**
   * Changes the limits of a share or a peer at once, and for good.
   * @throws ShareError `session.too-many-limits`
   */
  changeOf(kind: 'share' | 'peer', name: string, change: ScopeChange): void {
    const changes = given(change)
    if (Object.keys(changes).length === 0) return
    const limits = { ...this.of(kind, name), ...changes }
    const lifts = limits.up === null && limits.down === null
    if (!lifts && this.#named.size >= MOST_NAMED && !this.#named.has(`${kind} ${name}`)) throw tooManyLimits()
    this.#store.putNamed({ kind, name, ...limits })
    this.#applyNamed(scopeOf(kind, name), limits)
  }

  #applyNamed(scope: Exclude<LimitScope, { kind: 'global' }>, limits: ScopeLimits): void {
    const key = `${scope.kind} ${scope.kind === 'share' ? scope.share : scope.peer}`
    const none = limits.up === null && limits.down === null
    if (none) this.#named.delete(key)
    else this.#named.set(key, limits)
    for (const throttle of [this.up, this.down]) throttle.setIncludeLan(scope, !none && limits.includeLan)
    this.up.setRate(scope, limits.up ?? undefined)
    this.down.setRate(scope, limits.down ?? undefined)
  }

  #apply(): void {
    const now = this.#chosen()
    this.#inForce = now
    for (const throttle of [this.up, this.down]) throttle.setIncludeLan(GLOBAL, now.includeLan)
    this.up.setRate(GLOBAL, now.up ?? undefined)
    this.down.setRate(GLOBAL, now.down ?? undefined)
    this.tick(true)
  }

  #chosen(): LimitsInForce {
    const { up, down, includeLan, alternative } = this.#node
    const { mode, schedule } = alternative
    const time = this.#localTime(this.#clock.wallTime())
    const scheduled = mode === 'auto' && inSchedule(schedule, time)
    if (mode !== 'on' && !scheduled) return { up, down, includeLan, alternative: false, why: 'normal' }
    const why = scheduled ? 'schedule' : 'switched-on'
    return { up: alternative.up, down: alternative.down, includeLan, alternative: true, why }
  }

  /** Looks at the wall clock at the beginning of each minute, which also finds out when somebody set it. */
  #watch(): void {
    this.stop()
    if (this.#node.alternative.mode !== 'auto') return
    const wait = MINUTE - (this.#clock.wallTime() % MINUTE)
    this.#timer = this.#clock.after(millis(wait), () => {
      const { up, down, alternative } = this.#chosen()
      const old = this.#inForce
      if (up !== old.up || down !== old.down || alternative !== old.alternative) this.#apply()
      this.#watch()
    })
  }
}

/** The parts that say something. */
function given<T extends object>(change: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

function scopeOf(kind: 'share' | 'peer', name: string): Exclude<LimitScope, { kind: 'global' }> {
  return kind === 'share' ? { kind, share: name } : { kind, peer: name }
}

function tooManyLimits(): ShareError {
  return new ShareError({
    code: 'session.too-many-limits',
    fault: 'user',
    message: `${MOST_NAMED} shares and peers have limits of their own already`,
    hint: 'Lift one that is no longer needed: `p2pshare limit --peer … --up none --down none`.'
  })
}

function localWeekTime(wallTime: number): WeekTime {
  const date = new Date(wallTime)
  return { minute: date.getHours() * 60 + date.getMinutes(), weekday: date.getDay() }
}

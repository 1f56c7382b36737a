import type { ByteRate } from '@p2pshare/base'
import { DAY_MINUTES, EVERY_DAY, type LimitSchedule } from '@p2pshare/engine'
import type { KeyValueStore } from '@p2pshare/ports'

/** Limits of both directions in bytes per second; null = none. */
export interface RatePair {
  up: ByteRate | null
  down: ByteRate | null
}

/** Limits of the node, a share or a peer. */
export interface ScopeLimits extends RatePair {
  /** Whether they hold for peers within the LAN, too; those of a peer always do. */
  includeLan: boolean
}

/** Whether the alternative limits hold: always, never, or by the schedule. */
export type AlternativeMode = 'on' | 'off' | 'auto'

/** Limits for some hours of the week. */
export interface Alternative extends RatePair {
  mode: AlternativeMode
  schedule: LimitSchedule
}

/** What is set for the node as a whole. */
export interface NodeLimits extends ScopeLimits {
  alternative: Alternative
}

/** The part of {@link NodeLimits} that the configuration can give. */
export interface StartLimits {
  up?: ByteRate | undefined
  down?: ByteRate | undefined
  includeLan?: boolean | undefined
}

/** A limit kept for one share or one peer. */
export interface NamedLimits extends ScopeLimits {
  kind: 'share' | 'peer'
  name: string
}

/** Nothing limited; the alternative off, and at night when it is switched to the schedule. */
export const NO_LIMITS: NodeLimits = {
  up: null,
  down: null,
  includeLan: false,
  alternative: {
    up: null,
    down: null,
    mode: 'off',
    schedule: { from: 9 * 60, to: 17 * 60, days: EVERY_DAY }
  }
}

const NODE_KEY = 'node'
const KINDS = ['share', 'peer'] as const

/**
 * Limits on disk. Of two words, the last one counts: what was set while running is kept together
 * with the configuration of that time, and holds until the configuration says something else.
 */
export class LimitStore {
  readonly #values: KeyValueStore
  #config: StartLimits = {}

  constructor(values: KeyValueStore, config: StartLimits) {
    this.#values = values
    this.configure(config)
  }

  /** From now on the configuration says this. */
  configure({ up, down, includeLan }: StartLimits): void {
    this.#config = { up, down, includeLan }
  }

  /** The node's limits; what is damaged counts as not set. */
  node(): NodeLimits {
    const stored = this.#read(NODE_KEY)
    const then = record(stored['config'])
    const { up, down, includeLan } = this.#config
    const chosen = <T>(key: keyof StartLimits, kept: T, configured: T): T =>
      key in stored && then[key] === this.#config[key] ? kept : configured
    const kept = scopeOf(stored)
    return {
      up: chosen('up', kept.up, up ?? null),
      down: chosen('down', kept.down, down ?? null),
      includeLan: chosen('includeLan', kept.includeLan, includeLan ?? false),
      alternative: alternativeOf(stored['alternative'])
    }
  }

  putNode(limits: NodeLimits): void {
    this.#write(NODE_KEY, { ...limits, config: this.#config })
  }

  /** Limits of single shares and peers. */
  named(): NamedLimits[] {
    return KINDS.flatMap((kind) =>
      [...this.#values.query(`${kind}/`)].map(({ key, value }) => ({
        kind,
        name: key.slice(kind.length + 1),
        ...scopeOf(parse(value))
      }))
    )
  }

  /** Without a limit nothing is kept. */
  putNamed({ kind, name, up, down, includeLan }: NamedLimits): void {
    const key = `${kind}/${name}`
    if (up === null && down === null) this.#values.delete(key)
    else this.#write(key, { up, down, includeLan })
  }

  #read(key: string): Record<string, unknown> {
    const value = this.#values.get(key)
    return value === undefined ? {} : parse(value)
  }

  #write(key: string, value: object): void {
    this.#values.put(key, new TextEncoder().encode(JSON.stringify(value)))
  }
}

function parse(value: Uint8Array): Record<string, unknown> {
  try {
    return record(JSON.parse(new TextDecoder().decode(value)))
  } catch {
    return {}
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function pairOf(value: Record<string, unknown>): RatePair {
  return { up: rateOf(value['up']), down: rateOf(value['down']) }
}

function scopeOf(value: Record<string, unknown>): ScopeLimits {
  return { ...pairOf(value), includeLan: value['includeLan'] === true }
}

function rateOf(value: unknown): ByteRate | null {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as ByteRate) : null
}

function alternativeOf(value: unknown): Alternative {
  const stored = record(value)
  const { from, to, days } = record(stored['schedule'])
  const fits = within(from, DAY_MINUTES - 1) && within(to, DAY_MINUTES - 1) && within(days, EVERY_DAY)
  const mode = stored['mode']
  return {
    ...pairOf(stored),
    mode: mode === 'on' || mode === 'auto' ? mode : 'off',
    schedule: fits && days !== 0 ? { from, to, days } : NO_LIMITS.alternative.schedule
  }
}

function within(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most
}

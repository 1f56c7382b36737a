import type { Millis } from '@p2pshare/base'

/** What a finding is about; stays the same in all versions. */
export type WhyCode =
  | 'failed'
  | 'paused'
  | 'disk-full'
  | 'read-only'
  | 'device'
  | 'offline'
  | 'missing'
  | 'queued'
  | 'stalled'
  | 'check-queued'
  | 'seeded-enough'
  | 'stops-when'
  | 'checking'
  | 'finishing'
  | 'seeding'
  | 'not-reachable'
  | 'announcing'
  | 'no-network'
  | 'bootstrap-silent'
  | 'no-dht-server'
  | 'dht-silent'
  | 'searching'
  | 'nobody-has-it'
  | 'unreachable-peers'
  | 'behind-nat'
  | 'dns-silent'
  | 'lacks-share'
  | 'other-program'
  | 'hints-left-out'
  | 'pieces-with-nobody'
  | 'relay-only'
  | 'choked'
  | 'silent-peers'
  | 'no-map'
  | 'index'
  | 'fetching'
  | 'limited'
  | 'banned-peers'
  | 'unknown-share'

/** One answer to "why". */
export interface WhyFinding {
  code: WhyCode
  /** Whether it keeps the share from its work, only makes it slower, or is as it should be. */
  weight: 'stops' | 'slows' | 'fine'
  /** One sentence: what is so. */
  text: string
  /** What happens next by itself. */
  next?: string | undefined
  /** When that is, monotonic ms. */
  nextAt?: Millis | undefined
  /** What the user can do. */
  action?: string | undefined
}

/** `1 peer`, `3 peers`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** The earliest of these times. */
export function earliest(times: readonly (number | undefined)[]): Millis | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : (Math.min(...known) as Millis)
}

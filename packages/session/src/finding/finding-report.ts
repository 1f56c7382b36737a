import type { FindReport, PeerName } from '@p2pshare/ports'

/** Where peers of a share are sought; `known`: who took part in it in an earlier run. */
export type FindingSource = FindReport['source'] | 'neighbours'

/** What one source was asked and said. */
export interface SourceReport {
  source: FindingSource
  state: 'off' | 'not-asked' | 'asking' | FindReport['outcome']
  /** Providers named by the last answer. */
  providers: number
  /** Monotonic times in ms; undefined before the first. */
  askedAt: number | undefined
  answeredAt: number | undefined
  /** When it is asked next; undefined: only when something happens. */
  nextAt: number | undefined
  /** What went wrong, escaped. */
  text: string | undefined
}

/** How dialling one found peer went. */
export type DialOutcome =
  | 'waiting'
  | 'dialling'
  | 'connected'
  | 'refused'
  | 'timed-out'
  | 'unreachable'
  | 'behind-nat'
  | 'no-name'
  | 'wrong-peer'
  | 'failed'
  | 'not-a-swarm-peer'
  | 'lacks-share'
  | 'banned'

/** One found peer and what became of it. */
export interface DialReport {
  peer: PeerName
  source: FindingSource
  /** Multiaddrs tried, best first. */
  addresses: readonly string[]
  outcome: DialOutcome
  /** Dials in a row that came to nothing. */
  failures: number
  /** Monotonic time of the outcome, ms. */
  at: number | undefined
  /** When it is dialled again. */
  nextAt: number | undefined
  /** What went wrong, escaped. */
  text: string | undefined
}

/** All that finding peers for one share has done; see `p2pshare why`. */
export interface FindingReport {
  sources: SourceReport[]
  /** Newest first, at most 50. */
  dials: DialReport[]
  /** Addresses that the link gave, and those that are of no use here (private ones of another LAN). */
  hints: { given: number; leftOut: number }
}

import type { PeerName } from './peer-link.ts'
import type { RelayingCondition } from './network-condition.ts'

/**
 * Whether this node relays for others: `signals` and `data` whoever can or cannot reach it (the user knows), `auto`:
 * signals, once others can reach it.
 */
export type RelayChoice = 'auto' | 'off' | 'signals' | 'data'

/** After which time a budget begins anew: a day or a calendar month, in UTC. */
export type BudgetPeriod = 'day' | 'month'

/** How this node relays; see docs/reaching.md. */
export interface RelaySettings {
  choice: RelayChoice
  /** Bytes carried as data in each period, both ways together; null = no bound. */
  budget: { bytes: number | null; period: BudgetPeriod }
  /** Bytes per second of all connections that are relayed as data, together; null = no bound. */
  rate: number | null
  /** Peers that may have a place; null = what the mode has by itself. */
  places: number | null
}

/** What of {@link RelaySettings} is to change. */
export type RelayChange = { [K in keyof RelaySettings]?: RelaySettings[K] | undefined }

/** Why a place or a connection was refused. */
export type RelayRefusal =
  /** All places are taken; for strangers, those that are not kept for members of our shares. */
  | 'no-place'
  /** One address block has as many places, or connections, as it may. */
  | 'address-block'
  /** One peer, or the relay as a whole, has as many connections as it may. */
  | 'circuits'
  /** More requests than a peer may make in a time. */
  | 'too-often'
  /** Over another relay, to itself, or to the relay. */
  | 'forbidden'
  /** The peer that is asked for has no place here. */
  | 'no-reservation'
  /** The peer that is asked for did not take the connection. */
  | 'target'
  /** Nothing is left of today's bytes for signals. */
  | 'budget'
  /** Not a message of the protocol. */
  | 'malformed'

/** Why a relayed connection ended. */
export type CircuitEnding =
  | 'finished'
  | 'failed'
  | 'data-limit'
  | 'time-limit'
  | 'idle'
  | 'stuck'
  | 'budget'
  | 'stopped'

/** All about this node as a relay; counts are since the start. */
export interface RelayStatus extends RelayingCondition {
  settings: RelaySettings
  /** Sentence for people: why the mode is what it is. */
  text: string
  /** Places of peers that take part in one of our shares. */
  memberPlaces: number
  /** Bytes carried in this period as data, and when it ends (wall time, ms). */
  spent: number
  resetsAt: number
  /** Bytes that may still be carried as signals today. */
  signalsLeft: number
  /** Connections that were relayed, those of now included. */
  relayed: number
  refused: Partial<Record<RelayRefusal, number>>
  ended: Partial<Record<CircuitEnding, number>>
}

/** This node as a relay for others. */
export interface Relaying {
  status(): RelayStatus
  /** Changes what is given, at once and over restarts. */
  change(change: RelayChange): void
  /** The configuration says this now: what is new in it counts at once, what it says still does not. */
  configure(config: RelayChange): void
  /** Names who is served first: peers that take part in one of our shares. */
  preferMembers(takesPart: (peer: PeerName) => boolean): void
}

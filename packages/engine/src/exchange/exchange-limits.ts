import { type Millis, millis, MINUTE, SECOND } from '@p2pshare/base'

/** Numbers of peer exchange; docs/swarm.md explains each. */
export interface ExchangeLimits {
  /** Records in one message, our own among them. */
  readonly perMessage: number
  /** Time between two messages to one peer of one share, its first two excepted. */
  readonly interval: Millis
  /** Time between our own record and the first records of others: the peer's piece map comes in it. */
  readonly firstDelay: Millis
  /** Messages that a peer may send at once; more come back one each `messageRefill`. */
  readonly messages: number
  readonly messageRefill: Millis
  /** Records beyond that in a minute for which a peer is sent away. */
  readonly excess: number
  /** Peers of a share that we remember from others' words. */
  readonly candidates: number
}

/** Limits in use unless the caller says otherwise (BEP 11; threat T15). */
export const DEFAULT_EXCHANGE_LIMITS: ExchangeLimits = {
  perMessage: 16,
  interval: MINUTE,
  firstDelay: SECOND,
  messages: 3,
  messageRefill: millis(30 * SECOND),
  excess: 64,
  candidates: 200
}

import { MINUTE, millis, SECOND } from '@p2pshare/base'

/** Signed peer records that peers tell each other, docs/protocol.md 5.4; a record's size is wire's limit. */
export const PEER_RECORD = {
  /** Addresses of one record. */
  maxAddresses: 8,
  /** Lowest port that is dialled on the word of a third peer: below it live other services. */
  minPort: 1024
} as const

/** Getting into the network and back into it. */
export const JOIN = {
  /** First and longest wait before bootstrap peers are tried again while we know no server. */
  firstRetry: millis(SECOND),
  maxRetry: millis(30 * SECOND),
  /** Wait while we do know servers. */
  interval: millis(5 * MINUTE),
  /** Peers of the last run that are dialled at start. */
  remembered: 30,
  /** Of these, how many of one block of the internet (IPv4 /24, IPv6 /56). */
  rememberedPerNet: 2,
  /** Dials at a time. */
  concurrency: 8,
  /** Peers heard of by mDNS that may be dialled in one minute. */
  discoveredPerMinute: 60
} as const

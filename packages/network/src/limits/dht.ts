import { HOUR, KiB, MINUTE, millis, SECOND } from '@p2pshare/base'

/** What one DHT message may hold; more is cut (lists) or refused (size). */
export const DHT_MESSAGE = {
  /** Bytes of one message in either direction. */
  maxSize: 64 * KiB,
  /** Peers taken from, or put into, each list of a response. */
  maxPeers: 20,
  /** Addresses kept of one peer. */
  maxAddresses: 8,
  /** Bytes of one multiaddr. */
  maxAddressSize: 512,
  /** Bytes of a multihash used as key; 34 for sha2-256, identity hashes may be longer. */
  maxKeySize: 130,
  /** Silence on an inbound DHT stream after which it is reset. */
  idleTimeout: millis(10 * SECOND),
  /** Inbound DHT streams of one connection: our own searches, lookups and announcements need up to 16 at a time. */
  maxInboundStreams: 32,
  /** Outbound ones; a server that never closes its side costs only itself. */
  maxOutboundStreams: 64,
  /** Bytes that may wait on one inbound DHT stream; more resets it. */
  maxUnread: 512 * KiB,
  /** Time that the other side has to close its half of a stream that we have finished. */
  closeTimeout: millis(2 * SECOND)
} as const

/** Provider records that we keep for others, reliability.md D2. */
export const RECORDS = {
  /** Records in all. */
  max: 1_000_000,
  /** Providers kept for one key. */
  maxPerKey: 200,
  /** Records removed from the heaviest announcer when the store is full. */
  evictAtOnce: 1_000,
  /** Time from receipt to expiry. */
  validity: millis(48 * HOUR),
  /** Time between two passes that delete expired records. */
  sweepInterval: HOUR,
  /** Records held in memory before they are written in one transaction. */
  maxUnwritten: 2_000,
  /** Longest time that a record is held in memory only. */
  writeDelay: millis(250)
} as const

/** Keeping the DHT's routing table alive. */
export const REFRESH = {
  /** Time between two refreshes: most of what an idle node sends. Own lookups and those who come keep the table, too. */
  interval: millis(30 * MINUTE),
  /** Time after the first server appeared. */
  firstDelay: millis(100),
  /** Time after this machine's addresses changed, or it woke up: first, connections come back. */
  movedDelay: millis(5 * SECOND),
  /** Deepest bucket refreshed on purpose: finding a preimage costs 2^depth hashes. */
  maxDepth: 12,
  /** Time of one refresh lookup. */
  lookupTimeout: millis(30 * SECOND)
} as const

import { HOUR, KiB, MiB, MINUTE, millis, SECOND } from '@p2pshare/base'

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
  /** Bytes of all addresses of one peer in an answer, so that forty peers fit into one message. */
  maxRecordSize: 1_200,
  /** Bytes of a multihash used as key; 34 for sha2-256, identity hashes may be longer. */
  maxKeySize: 130,
  /** Silence on an inbound DHT stream after which it is reset. */
  idleTimeout: millis(10 * SECOND),
  /** Inbound DHT streams of one connection: our own searches, lookups and announcements need up to 16 at a time. */
  maxInboundStreams: 32,
  /** Outbound ones; a server that never closes its side costs only itself. */
  maxOutboundStreams: 64,
  /** Bytes that may wait on one inbound DHT stream; with more it is not read from. Holds any whole message. */
  maxUnread: 72 * KiB,
  /** Receive window of an inbound DHT stream once its first 256 KiB are used; about 6,000 records a second over 100 ms. */
  window: 64 * KiB,
  /** What a stream that is not read from counts for: its first window may be full. */
  pausedCost: 256 * KiB,
  /** Unread bytes of all inbound DHT streams, and of one peer's; a stream that exceeds them is reset. */
  maxUnreadOfAll: 32 * MiB,
  maxUnreadOfPeer: 4 * MiB,
  /** Unread bytes of a stream that pass in any case. */
  smallUnread: 2 * KiB,
  /** Time that the other side has to close its half of a stream that we have finished. */
  closeTimeout: millis(2 * SECOND)
} as const

/** What others may ask of us as a DHT server. A request over a rate waits, and its stream is not read meanwhile. */
export const SERVING = {
  /** Records taken, and pings answered, in requests. */
  stores: {
    /** A share of 100,000 chunks arrives in 10 s. */
    peer: { perSecond: 10_000, burst: 512 },
    block: { perSecond: 10_000, burst: 512 },
    /** About a quarter of one core: 12 µs each. */
    node: { perSecond: 20_000, burst: 512 },
    maxWaiting: 64
  },
  /** Bytes of answers to lookups. */
  answerBytes: {
    peer: { perSecond: 128 * KiB, burst: MiB },
    block: { perSecond: 256 * KiB, burst: 2 * MiB },
    node: { perSecond: MiB, burst: 4 * MiB },
    maxWaiting: 64
  },
  /** An answer counts as at least so many bytes, for what it costs to make. */
  leastAnswer: KiB,
  /** How long the addresses of a server are not looked up again, and how many servers' are kept. */
  knownFor: millis(MINUTE),
  maxKnown: 2_048
} as const

/** Provider records that we keep for others, reliability.md D2. */
export const RECORDS = {
  /** Records in all. */
  max: 1_000_000,
  /** Providers kept for one key. */
  maxPerKey: 200,
  /** Peers whose records are kept, about 600 bytes of memory each. */
  maxAnnouncers: 30_000,
  /** Records removed from the heaviest host when the store is full. */
  evictAtOnce: 1_000,
  /** Announcers forgotten of the most crowded host when there are too many. */
  forgetAtOnce: 64,
  /** Characters of all addresses of one announcer; more are cut. */
  maxAddressText: 1024,
  /** Time from receipt to expiry. */
  validity: millis(48 * HOUR),
  /** Age from which a record that is announced again gets a new time; before that nothing is written. */
  renewAfter: HOUR,
  /** Time between two passes that delete expired records. */
  sweepInterval: HOUR,
  /** Records held in memory before they are written in one transaction. */
  maxUnwritten: 4_096,
  /** Longest time that a record is held in memory only. */
  writeDelay: millis(SECOND),
  /** Time that reading records at start takes before others may run. */
  sliceTime: millis(4)
} as const

/** Servers of one block of the internet (IPv4 /24, IPv6 /56) in the routing table, reliability.md D5. */
export const TABLE = {
  perNetInBucket: 2,
  perNet: 8
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

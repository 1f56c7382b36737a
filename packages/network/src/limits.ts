import { HOUR, KiB, MINUTE, millis, SECOND } from '@p2pshare/base'

/** Connections, reliability.md section 5: what strangers may take of this node. */
export const CONNECTIONS = {
  /** Established connections in all. */
  max: 200,
  /** Established connections from one address block (an IPv4 address, an IPv6 /56). */
  perHost: 8,
  /** Established connections of one peer id. */
  perPeer: 4,
  /** Connections whose handshake has not ended. */
  pending: 256,
  /** New inbound connections a second from one address. */
  newPerSecond: 5,
  /** Time for an inbound handshake. */
  upgradeTimeout: millis(3 * SECOND),
  /** Time for one address of a dial; addresses are tried one after another. */
  addressDialTimeout: millis(3 * SECOND),
  /** Time for all addresses of a dial. */
  dialTimeout: millis(10 * SECOND)
} as const

/** How long an address or a silent peer stays in the peer store. */
export const PEER_MEMORY = millis(48 * HOUR)

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

/** Looking for providers. */
export const FIND = {
  /** Providers given for one search. */
  maxProviders: 200,
  /** Searches in one DHT at a time; the others wait. */
  concurrency: 8,
  /** Time to wait for the first DHT server after a start. */
  firstServerTimeout: millis(5 * SECOND),
  /** Time of one search in one DHT. */
  timeout: millis(60 * SECOND)
} as const

/** Announcing. */
export const ANNOUNCE = {
  /** Servers that hold each record, the replication factor of Kademlia. */
  replicas: 20,
  /** Of these, how many must be provably the closest before a lookup is shared by two keys. */
  provenReplicas: 16,
  /** Keys planned and sent together. */
  batch: 256,
  /** Records in one write, followed by a ping whose answer is awaited. */
  recordsPerWrite: 50,
  /** Lookups and sends at a time. */
  concurrency: 4,
  /** Time of one lookup. */
  lookupTimeout: millis(30 * SECOND),
  /** Time of sending one batch to one server. */
  sendTimeout: millis(20 * SECOND),
  /** Age at which a record is announced again; its validity elsewhere is at least 24 h. */
  interval: millis(20 * HOUR),
  /** Shortest pause between two batches; otherwise as long as the batch took. */
  minPause: millis(20),
  /** Longest pause between two batches. */
  maxPause: millis(5 * SECOND),
  /** Pause between two batches while content moves or a share was just published. */
  busyPause: millis(SECOND),
  /** How long after an answer began, or a share was published, the node counts as busy. */
  busyFor: millis(SECOND),
  /** How often is looked whether it still is. */
  busyStep: millis(100),
  /** First and longest wait after a batch that reached nobody; doubled in between. */
  firstRetry: millis(SECOND),
  maxRetry: millis(30 * SECOND),
  /** Time in which several new servers are collected before they are brought up to date. */
  newServerDelay: millis(200)
} as const

/** Keeping the DHT's routing table alive. */
export const REFRESH = {
  /** Time between two refreshes. */
  interval: millis(10 * MINUTE),
  /** Time after the first server appeared. */
  firstDelay: millis(100),
  /** Deepest bucket refreshed on purpose: finding a preimage costs 2^depth hashes. */
  maxDepth: 12,
  /** Time of one refresh lookup. */
  lookupTimeout: millis(30 * SECOND)
} as const

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
  /** Dials at a time. */
  concurrency: 8,
  /** Peers heard of by mDNS that may be dialled in one minute. */
  discoveredPerMinute: 60
} as const

/** Time for a clean stop; what remains is cut off. */
export const STOP_TIMEOUT = millis(4 * SECOND)

import { HOUR, MINUTE, millis, SECOND } from '@p2pshare/base'

/** Announcing. */
export const ANNOUNCE = {
  /** Servers that hold each record of a file or chunk, the replication factor of Kademlia. */
  replicas: 20,
  /** Servers that hold a share's root where the network has so many: 45 hostile ones must not hide it (reliability.md D4). */
  rootReplicas: 40,
  /** Time in which every record is announced again; its validity elsewhere is at least 24 h, mostly 48 h. */
  interval: millis(22 * HOUR),
  /** Age at which records end on most servers (kad-dht, Kubo, our own). */
  validity: millis(48 * HOUR),
  /** Age from which on there is a warning. */
  warnAge: millis(40 * HOUR),
  /** Keys planned together: what is in memory, and what a kill costs. About 400 bytes each. */
  portion: 16_384,
  /** The same in a small network, where every server gets every key: streams are few anyhow, and progress is seen. */
  smallPortion: 4096,
  /** Records in one write, followed by a ping whose answer is awaited. */
  recordsPerWrite: 128,
  /** Servers told at a time. */
  concurrency: 4,
  /** Time of one lookup. */
  lookupTimeout: millis(30 * SECOND),
  /** Lookups for one region, more than an honest network needs. */
  lookupsPerRegion: 200,
  /** Finding a target in a gap of this depth costs as much as a lookup: 2^13 hashes. */
  depthPerLookup: 13,
  /** Deepest subtree that is told apart: one of a network of 20 million servers has 20. */
  maxDepth: 20,
  /** How long servers count as known after the lookup that showed them. */
  knownFor: millis(20 * MINUTE),
  /** Servers known at a time. */
  knownServers: 20_000,
  /** Time to reach a server, and for its answer to each write. */
  sendTimeout: millis(20 * SECOND),
  /** Longest stretch without a turn of the event loop; others get as long. */
  slice: millis(5),
  /** Part of a region's time over which its servers are told, and the longest pause between two. */
  spread: 0.8,
  maxGap: millis(10 * SECOND),
  /** A region this late is announced without pauses between servers, and before the chunks of new shares. */
  late: millis(2 * HOUR),
  /** Shortest time between two rounds of all roots because our addresses changed. */
  addressInterval: millis(10 * MINUTE),
  /** How often is looked whether they have. */
  addressCheck: millis(30 * SECOND),
  /** Shortest pause between two writes; otherwise as long as the write took. */
  minPause: millis(20),
  /** Longest pause between two writes. */
  maxPause: millis(5 * SECOND),
  /** Pause between two writes while content moves or a share was just published. */
  busyPause: millis(SECOND),
  /** How long after an answer began, or a share was published, the node counts as busy. */
  busyFor: millis(SECOND),
  /** How often is looked whether it still is. */
  busyStep: millis(100),
  /** Longest time between two looks at what is due. */
  longestWait: millis(30 * SECOND),
  /** First and longest wait after a region that was not reached; doubled in between. */
  firstRetry: millis(SECOND),
  maxRetry: millis(30 * SECOND),
  /** Time in which several new servers are collected before they are brought up to date. */
  newServerDelay: millis(200)
} as const

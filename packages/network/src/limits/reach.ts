import { HOUR, KiB, MINUTE, millis, SECOND } from '@p2pshare/base'

/** Asking the router for a port. */
export const PORT_MAPPING = {
  /** Lifetime that is asked for, in seconds; renewed long before. */
  leaseSeconds: 3600,
  /** Time between two renewals at most: a router that was restarted has forgotten us, and does not say so. */
  renewal: millis(2 * MINUTE),
  /** At least this long, however short the lifetime that a router gives. */
  minRenewal: millis(30 * SECOND),
  /** Time after a renewal in which a router's word that it was restarted is passed over. */
  minNews: millis(3 * SECOND),
  /** How often is looked whether our own address, or the way out, has changed. */
  lookInterval: millis(15 * SECOND),
  /** Wait after a failure, doubled up to the longest. */
  firstRetry: millis(30 * SECOND),
  maxRetry: millis(10 * MINUTE),
  /** First wait for an answer over NAT-PMP, doubled at each further try (RFC 6886, 3.1). */
  natPmpWait: millis(250),
  natPmpTries: 4,
  /** Time in which routers may answer a search, sent twice within it. */
  searchTime: millis(2500),
  /** Answers to one search that are looked at. */
  maxAnswers: 8,
  /** Time of one HTTP exchange with a router. */
  httpTimeout: millis(3 * SECOND),
  /** Bytes of one HTTP body of a router; descriptions of large ones have 20 KB. */
  maxBody: 128 * KiB,
  /** Elements and depth of one XML document. */
  maxElements: 4000,
  maxDepth: 24,
  /** Outside ports that are tried when one is taken. */
  portTries: 3,
  /** Time for taking the mapping back at a stop. */
  removal: millis(SECOND)
} as const

/** Finding out which of our addresses work, and telling others about theirs (AutoNAT v2). */
export const REACH = {
  /** Addresses that may be ours. */
  maxCandidates: 16,
  /** Hosts that others say they see us at, and address blocks from which each is vouched for. */
  maxObservedHosts: 16,
  maxVouchers: 8,
  /** Observed hosts of one IP family that become candidates, the most seen first. */
  observedTaken: 2,
  /** Different address blocks that are asked about one address before it is left in peace. */
  opinions: 3,
  /** Age at which a dial that worked, or one that did not, is tried again. */
  renewal: millis(30 * MINUTE),
  retry: millis(5 * MINUTE),
  /** Age at which what a peer found out counts no more. */
  memory: millis(2 * HOUR),
  /** Time between two looks whether something is to be asked. */
  interval: millis(5 * SECOND),
  /** Wait before a peer that has just come is asked, and before one is asked again that had nothing to say. */
  firstLook: millis(300),
  firstWait: millis(20 * SECOND),
  /** Peers that could be asked. */
  maxServers: 64,
  /** Time of one question, in which the other side dials us. */
  askTimeout: millis(20 * SECOND),
  /** Bytes that a peer may ask for before it dials an address that is not the one it sees (AutoNAT v2: 30 to 100 kB). */
  maxDialData: 100_000,
  minDialData: 30_000,
  /** Bytes that are sent so in an hour. */
  dialDataPerHour: 2_000_000,
  /** Bytes of one message of AutoNAT. */
  maxMessage: 8 * KiB,
  /** Addresses of one request that are looked at. */
  maxAddresses: 8,
  /** Requests of others in a minute: in all, and from one address block. */
  servedPerMinute: 60,
  servedPerBlock: 6,
  /** Dials for others at a time. */
  servedAtOnce: 4,
  /** Time for one request of another, for the dial, and for what is said on it. */
  serveTimeout: millis(20 * SECOND),
  dialTimeout: millis(5 * SECOND),
  /** Longest random wait before a dial to an address that is not the asker's own. */
  maxDelay: millis(2 * SECOND)
} as const

/** How far our clock is off. */
export const CLOCK_WATCH = {
  /** Peers whose time is kept, one a peer and address block. */
  maxPeers: 16,
  /** Peers without which nothing is said. */
  minPeers: 3,
  /** Time of one question. */
  timeout: millis(5 * SECOND),
  /** Age at which a peer is asked again. */
  renewal: HOUR,
  /** A round trip above which an answer tells too little. */
  maxRoundTrip: millis(3 * SECOND)
} as const

/** Another node with our key. */
export const TWIN = {
  /** Time within which both ends of a connection to ourselves are seen. */
  pairing: millis(3 * SECOND),
  /** Time for which a sighting is told. */
  memory: HOUR,
  /** Time between two dials that look who is at an address told as ours. */
  probeInterval: millis(MINUTE),
  /** Time of one of them. */
  probeTimeout: millis(5 * SECOND)
} as const

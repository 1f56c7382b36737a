import { HOUR, KiB, MiB, MINUTE, millis, SECOND } from '@p2pshare/base'

/** What one relayed connection may use, as the protocol tells it to both ends. */
export interface CircuitLimit {
  /** Bytes in each direction. */
  data: number
  /** Whole seconds. */
  seconds: number
}

/** Relaying for others, docs/reaching.md. */
export const RELAY = {
  /** Peers that may have a place, unless the user says otherwise. */
  signalPlaces: 32,
  dataPlaces: 128,
  /** The most that a user may set. */
  maxPlaces: 1000,
  /** Part of the places that peers without a share in common with us may take. */
  strangersPart: 1 / 2,
  /** Places of one address block. */
  placesPerBlock: 4,
  /** How long a place is kept unless it is asked for again; of a stranger shorter, so that members need not wait long. */
  memberTtl: millis(HOUR),
  strangerTtl: millis(30 * MINUTE),
  /** A place that was given less than this ago is confirmed by the same answer. */
  sameAnswer: millis(MINUTE),

  /** A connection for signals: some twenty times what encryption, identify and hole punching need. */
  signals: { data: 128 * KiB, seconds: 120 } as CircuitLimit,
  /** A connection for data. */
  data: { data: 1024 * MiB, seconds: 3600 } as CircuitLimit,
  /** Bytes that all connections for signals may carry in a day, both directions. */
  signalsPerDay: 256 * MiB,
  /** Budget of data unless the user sets one, each day. */
  defaultBudget: 10 * 1024 * MiB,
  /** Part of a budget that one peer, and one address block, may use. */
  peerPart: 1 / 4,
  blockPart: 1 / 2,
  /** Peers and address blocks whose use is remembered. */
  maxUsers: 4096,

  /** Relayed connections at a time. */
  signalCircuits: 64,
  dataCircuits: 128,
  /** Begun by one peer, to one peer, and from one to the other: nobody can take up all that lead to somebody. */
  circuitsPerSource: 8,
  circuitsPerTarget: 16,
  circuitsPerPair: 2,
  /** Of those to one peer, begun by one address block. */
  circuitsPerTargetOfBlock: 4,
  /** Begun by one address block. */
  circuitsPerBlock: 16,
  /** Connections begun in a minute, by all. */
  circuitsPerMinute: 120,
  /** Requests of one connection in a minute. */
  requestsPerMinute: 30,
  /** Requests beyond that after which the connection is closed. */
  refusedRequests: 300,
  /** Requests that are being answered at a time, by all. */
  openRequests: 128,
  /** Of them, of one connection. */
  openRequestsPerConnection: 8,

  /** Bytes that wait in one direction of a relayed connection: the peer's window. */
  window: 256 * KiB,
  /** Bytes handed on in one piece. */
  slice: 64 * KiB,
  /** Silence in both directions after which a connection ends. */
  idle: millis(90 * SECOND),
  /** Bytes wait and none could be handed on for this long: it ends. */
  stuck: millis(30 * SECOND),

  /** Bytes of one message, as in go-libp2p. */
  maxMessage: 4 * KiB,
  /** Time to send a request, or the answer to ours. */
  messageTimeout: millis(10 * SECOND),
  /** Own addresses told with a place. */
  maxAddresses: 8,
  /** How often the node looks whether it can be reached, and whether a period is over. */
  lookInterval: millis(30 * SECOND),
  /** How long carried bytes are counted in memory only. */
  saveInterval: millis(5 * SECOND)
} as const

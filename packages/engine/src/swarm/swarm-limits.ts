import { KiB, type Millis, MiB, millis } from '@p2pshare/base'

/** Every number that shapes a swarm, in one place; sizes in bytes, times in milliseconds. */
export interface SwarmLimits {
  /** A range: what is asked of one peer at a time, so that a slow one never holds a whole piece. */
  readonly rangeBytes: number
  /** Longest request, of several ranges in a row; the protocol's own limit. */
  readonly requestBytes: number
  /** Bytes per second from which on a peer is asked for several ranges at once: a MiB of it takes no more than 32 ms. */
  readonly quickRate: number
  /** Pieces up to this size are asked in runs: two of them fit in one request. */
  readonly smallPieceBytes: number
  /** Most pieces in one run. */
  readonly runPieces: number
  /** Most open requests to one peer, whatever it allows. */
  readonly requestsPerPeer: number
  /** Most bytes of begun pieces, from the first request to the end of the write; the session holds a buffer for each. */
  readonly begunBytes: number
  /** Most begun pieces. */
  readonly begunPieces: number
  /** A peer that sends nothing for this long although asked is snubbed and its requests go elsewhere (libtorrent: piece_timeout 20 s). */
  readonly requestTimeout: Millis
  /** Time-outs in a row after which a peer is dropped: 60 s without progress. */
  readonly timeoutsToDrop: number
  /** An idle peer may take over a request that has been open this long at a much slower peer. */
  readonly takeOverAge: Millis
  /** Part of the share's bytes that may be asked twice in the endgame. */
  readonly duplicateShare: number
  readonly announceDelay: Millis
  readonly announcePieces: number
  /** Proven false claims after which a peer's whole map is void. */
  readonly falseClaims: number
  /** Pieces chosen at random before rarity counts (BEP 3 practice: 4). */
  readonly randomFirst: number
  /** In a sequential fetch, one pick in so many is a rarest one. */
  readonly rarestOneIn: number
  /** Pieces named in one `seek`. */
  readonly seekPieces: number
}

/** The limits in use unless the caller says otherwise. */
export const DEFAULT_SWARM_LIMITS: SwarmLimits = {
  rangeBytes: 256 * KiB,
  requestBytes: MiB,
  quickRate: 32 * MiB,
  smallPieceBytes: 128 * KiB,
  runPieces: 256,
  requestsPerPeer: 64,
  begunBytes: 64 * MiB,
  begunPieces: 2048,
  requestTimeout: millis(20_000),
  timeoutsToDrop: 3,
  takeOverAge: millis(10_000),
  duplicateShare: 0.05,
  announceDelay: millis(100),
  announcePieces: 64,
  falseClaims: 3,
  randomFirst: 4,
  rarestOneIn: 10,
  seekPieces: 8
}

import { KiB, millis, SECOND } from '@p2pshare/base'

/** Getting from a relayed connection to a direct one (DCUtR). */
export const PUNCH = {
  /** Attempts on one relayed connection. */
  attempts: 3,
  /** Time for one attempt, words and dials together. */
  attemptTimeout: millis(3 * SECOND),
  /** Time for dialling the other side's public addresses first. */
  reversalTimeout: millis(2 * SECOND),
  /** A dial that is refused at once is made again so soon: its SYN came before the other router was open. */
  dialPause: millis(50),
  /** Attempts at a time, with all peers. */
  concurrency: 16,
  /** Addresses told, and dialled: a peer must not make us knock at many doors. */
  maxAddresses: 4,
  /** Bytes of one message, and of one address in it. */
  maxMessage: 4 * KiB,
  /** How long whoever needs a link waits for word of an attempt, for the next one, and in all. */
  firstWord: millis(3 * SECOND),
  nextWord: millis(1.5 * SECOND),
  patience: millis(8 * SECOND),
  /** How long a relayed connection is kept after there is a direct one, for what still runs on it. */
  keepRelayed: millis(2 * SECOND),
  /** Peers whose view of our address counts. */
  maxObservers: 64
} as const

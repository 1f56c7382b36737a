import { KiB, millis, SECOND } from '@p2pshare/base'

/** Swarm links over a relay with limits of its own. */
export const RELAYED_LINK = {
  /** Bytes of the relay's limit that stay for what is not payload: the handshakes, messages, and the goodbye. */
  reserve: 32 * KiB,
  /** Payload bytes below which a link is not worth its place at the relay. */
  least: 16 * KiB,
  /** Time before the relay's limit at which the link says goodbye. */
  spare: millis(5 * SECOND)
} as const

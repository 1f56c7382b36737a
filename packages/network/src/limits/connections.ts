import { HOUR, millis, SECOND } from '@p2pshare/base'

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
  /** Time for one address of a dial. */
  addressDialTimeout: millis(3 * SECOND),
  /** Time for all addresses of a dial. */
  dialTimeout: millis(10 * SECOND)
} as const

/** How long an address or a silent peer stays in the peer store. */
export const PEER_MEMORY = millis(48 * HOUR)

/** Time for a clean stop; what remains is cut off. */
export const STOP_TIMEOUT = millis(4 * SECOND)

import { HOUR, MINUTE, millis, type Millis, SECOND } from '@p2pshare/base'

/** Connections, reliability.md section 5: what strangers may take of this node. */
export const CONNECTIONS = {
  /** Established connections in all; above it the least worth is closed, whatever it does. */
  max: 200,
  /** From here on connections that are of no use are closed, to leave room for others. */
  comfortable: 160,
  /** Established inbound connections: our own dials always find room. */
  maxInbound: 120,
  /** How far above {@link max} we may be for the moment in which a better one takes the place of another. */
  headroom: 32,
  /** Established inbound connections from one address block (an IPv4 address, an IPv6 /56). */
  perHost: 8,
  /** Connections that we open to one address block: many peers may live behind one router, but not all of ours. */
  dialledPerHost: 16,
  /** Established connections of one peer id, over relays too. */
  perPeer: 4,
  /** Inbound connections whose handshake has not ended, in all and of one address block. */
  pending: 256,
  pendingPerHost: 8,
  /** New inbound connections of one address block: at once, and a second in the long run. */
  burstPerHost: 10,
  newPerSecond: 5,
  /** Address blocks whose rate is remembered. */
  hostsRemembered: 4096,
  /** Time for an inbound handshake, whatever drips in meanwhile. */
  upgradeTimeout: millis(3 * SECOND),
  /** Time for one address of a dial. */
  addressDialTimeout: millis(3 * SECOND),
  /** Time for all addresses of a dial. */
  dialTimeout: millis(10 * SECOND)
} as const

/** Whom to keep when there are many. */
export const KEEPING = {
  /** A connection is given this long to become of use. */
  grace: millis(10 * SECOND),
  /** How often is looked whether some are to be closed, besides after each new one. */
  interval: millis(10 * SECOND),
  /** Time for a link to say goodbye before its connection ends. */
  goodbye: millis(2500)
} as const

/** Whether a connection still works, judged by the bytes that come (reliability.md M7; libp2p.md trap 10). */
export interface LifeLimits {
  /** How often is looked; a look costs no packet. */
  look: Millis
  /** Silence of a peer that we have a swarm link with, and of others, after which it is asked for a sign of life. */
  quietLinked: Millis
  quiet: Millis
  /** Time for a sign of life; then the connection ends. */
  answer: Millis
  /** The same while we send and the peer takes bytes only slowly: our question waits behind them. */
  stuck: Millis
  /** A look that comes later than this says that we slept. */
  slept: Millis
  /** A sleep after which we also find our place in the network anew. */
  sleptLong: Millis
}

/** In use unless a test makes them smaller. */
export const LIFE: LifeLimits = {
  look: millis(2 * SECOND),
  quietLinked: millis(16 * SECOND),
  quiet: millis(80 * SECOND),
  answer: millis(10 * SECOND),
  stuck: millis(MINUTE),
  slept: millis(3 * SECOND),
  sleptLong: millis(20 * SECOND)
}

/** How long an address or a silent peer stays in the peer store. */
export const PEER_MEMORY = millis(48 * HOUR)

/** Time for a clean stop; what remains is cut off. */
export const STOP_TIMEOUT = millis(4 * SECOND)

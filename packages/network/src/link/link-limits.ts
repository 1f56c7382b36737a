import { KiB, MiB, millis, SECOND } from '@p2pshare/base'
import { WIRE_LIMITS } from '@p2pshare/wire'
import type { LinkLimits } from './swarm-host.ts'

/** libp2p protocol id of the swarm protocol. */
export const SWARM_PROTOCOL = '/p2pshare/swarm/1.0.0'

/** Swarm streams of one direction on one connection: two in use, the rest for links that just end or begin. */
export const STREAMS_PER_CONNECTION = 8

/** Bytes held for a link that nobody has started, above which its streams are paused. */
export const HELD_BYTES = 64 * KiB

/** The limits that ship; docs/protocol.md §9. */
export const LINK_LIMITS: LinkLimits = {
  handshakeTimeout: millis(3 * SECOND),
  keepAlive: millis(30 * SECOND),
  idleTimeout: millis(120 * SECOND),
  progressTimeout: millis(60 * SECOND),
  closeTimeout: millis(2 * SECOND),
  maxQueuedControl: MiB,
  // Four full noise records, less the muxer's header: no record is opened for a few bytes.
  sliceSize: 4 * 65_519 - 12,
  maxRequests: WIRE_LIMITS.outstanding
}

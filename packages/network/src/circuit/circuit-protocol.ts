/**
 * Protocols of circuit relay v2 (https://github.com/libp2p/specs/blob/master/relay/circuit-v2.md): what a peer says to
 * its relay, and what a relay says to the peer at the other end.
 */
export const HOP_PROTOCOL = '/libp2p/circuit/relay/0.2.0/hop'
export const STOP_PROTOCOL = '/libp2p/circuit/relay/0.2.0/stop'

/** Status numbers of the specification that we send or tell apart. */
export const STATUS = {
  ok: 100,
  reservationRefused: 200,
  resourceLimitExceeded: 201,
  permissionDenied: 202,
  connectionFailed: 203,
  noReservation: 204,
  malformedMessage: 400,
  unexpectedMessage: 401
} as const

/** Kinds of a hop message, by number. */
export const HOP = { reserve: 0, connect: 1, status: 2 } as const
/** Kinds of a stop message, by number. */
export const STOP = { connect: 0, status: 1 } as const

/** One of {@link STATUS}. */
export type Status = (typeof STATUS)[keyof typeof STATUS]

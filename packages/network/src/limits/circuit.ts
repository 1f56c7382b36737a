import { HOUR, KiB, MINUTE, millis, SECOND } from '@p2pshare/base'

/** Being reached over relays (circuit relay v2). */
export const CIRCUIT = {
  /** Relays that keep a place for us while nobody reaches us directly; also the relayed addresses that we tell. */
  relays: 2,
  /** Addresses told of one relay: one for each version of IP. */
  addressesPerRelay: 2,
  /** How long we look whether others reach us directly before we ask a relay. */
  patience: millis(3 * SECOND),
  /** Time for one relay to answer whether it keeps a place. */
  reserveTimeout: millis(5 * SECOND),
  /** Time after which a relay that refused, failed or was lost is asked again. */
  refusedFor: millis(10 * MINUTE),
  lostFor: millis(30 * SECOND),
  /** Relays whose answers are remembered. */
  remembered: 64,
  /** Places are thought to last so long at least and at most, whatever the relay says (or our clock). */
  minPlace: millis(2 * MINUTE),
  maxPlace: millis(2 * HOUR),
  /** Bytes of one message of the protocol. */
  maxMessage: 4 * KiB,
  /** Addresses read of a relay's answer. */
  maxAddresses: 16,
  /** Connections that come in over relays and are being opened. */
  maxOpening: 16,
  /** Time for opening one of them. */
  openTimeout: millis(10 * SECOND),
  /** Longest time that a relay's word for its limits is taken for seconds; more are milliseconds, see ADR. */
  maxSeconds: 24 * 60 * 60
} as const

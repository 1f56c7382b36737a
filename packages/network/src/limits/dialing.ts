import { millis, SECOND } from '@p2pshare/base'

/** Dialling one peer at several addresses side by side (RFC 8305, happy eyeballs). */
export const DIALING = {
  /** From one start to the next, unless the last one failed before. */
  stagger: millis(250),
  /** From the last direct start to the first over a relay: a direct way is worth waiting for. */
  relayDelay: millis(SECOND),
  /** Addresses of one peer that are being dialled at a time. */
  parallel: 8,
  /** Addresses of one peer that are dialled at all; the rest is left out. */
  maxAddresses: 16
} as const

/** Looking up names in addresses (`/dns4`, `/dnsaddr` …). */
export const NAMES = {
  /** Time for one lookup. */
  timeout: millis(3 * SECOND),
  /** Lookups at a time; those of a resolver that never answers count until it gives up. */
  concurrency: 16,
  /** Names that lead to names. */
  maxDepth: 3,
  /** Addresses taken of one name. */
  maxAddresses: 16
} as const

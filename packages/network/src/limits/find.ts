import { millis, SECOND } from '@p2pshare/base'

/** Looking for providers. */
export const FIND = {
  /** Providers given for one search. */
  maxProviders: 200,
  /** Searches in one DHT at a time; the others wait. */
  concurrency: 8,
  /** Time to wait for the first DHT server after a start. */
  firstServerTimeout: millis(5 * SECOND),
  /** Time of one search in one DHT. */
  timeout: millis(60 * SECOND)
} as const

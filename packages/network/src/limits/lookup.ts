import { millis, MINUTE, SECOND } from '@p2pshare/base'

/** Walking through a DHT. The figures are the cheapest that met the goals of docs/discovery.md. */
export const LOOKUP = {
  /** Servers closest to a key that hold its records and are asked for them, Kademlia's k. */
  replicas: 20,
  /** Requests at a time. */
  concurrency: 4,
  /** Requests of one lookup, whatever the answers promise. */
  maxRequests: 120,
  /** Silence after which a server holds nobody up any more; its answer is still taken. */
  patience: millis(1.5 * SECOND),
  /** Closest servers asked when the usual ones know of nobody. */
  widerReplicas: 40,
  /** Providers passed on at once from one answer; the others wait until everybody has been heard. */
  promptProviders: 4
} as const

/** Whether strangers have crowded around a key, and what is done then. */
export const CROWD = {
  /**
   * Servers expected within the distance of the 20th closest. So few are there by chance at one key
   * in 300 (Poisson), and a false alarm costs no more than some requests.
   */
  fewestExpected: 10,
  /** Lookups whose answers together tell the size of the network (their median). */
  samples: 32,
  /** How many of them there must be before anybody is suspected. */
  fewestSamples: 4,
  /** Servers of a region that are asked, or given a record. */
  maxServers: 100,
  /** Lookups that explore a region. */
  lookups: 3,
  /** Deepest region explored: finding a key in it costs 2^(depth + 2) hashes in all, 2 µs each. */
  maxDepth: 16
} as const

/** What others say of third peers. */
export const HEARSAY = {
  /** Peers remembered as told of; a lookup hears of a few hundred. */
  most: 1000,
  /** Time after which the same word is acted on again. */
  age: millis(MINUTE)
} as const

import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import type { Clock } from '@p2pshare/base'
import type { KeyValueStore } from '@p2pshare/ports'
import { ANNOUNCE } from '../limits/index.ts'

/** Rows kept; small networks have at most as many servers as a key has replicas. */
const MAX_SERVED = 4 * ANNOUNCE.replicas

/**
 * Which servers of a small network hold everything we have announced, over restarts, so that only
 * newcomers are brought up to date.
 */
export class ServedServers {
  readonly #values: KeyValueStore
  readonly #prefix: string
  readonly #clock: Clock
  readonly #since = new Map<string, number>()

  constructor(values: KeyValueStore, protocol: string, clock: Clock) {
    this.#values = values
    this.#prefix = `served/${protocol}/`
    this.#clock = clock
    for (const { key, value } of values.query(this.#prefix))
      this.#since.set(key.slice(this.#prefix.length), Number(toString(value)))
  }

  /** Whether a server got everything, recently enough for its records to stand. */
  has(peer: string): boolean {
    const since = this.#since.get(peer)
    const now = this.#clock.wallTime()
    return since !== undefined && since <= now && now - since < ANNOUNCE.interval
  }

  add(peer: string): void {
    const now = this.#clock.wallTime()
    const oldest = this.#since.keys().next()
    if (this.#since.size >= MAX_SERVED && !this.#since.has(peer) && oldest.value !== undefined)
      this.delete(oldest.value)
    this.#since.set(peer, now)
    this.#values.put(this.#prefix + peer, fromString(String(now)))
  }

  delete(peer: string): void {
    if (this.#since.delete(peer)) this.#values.delete(this.#prefix + peer)
  }

  /** Forgets every server that is not in `peers`: it missed something. */
  keepOnly(peers: readonly string[]): void {
    const keep = new Set(peers)
    for (const peer of [...this.#since.keys()]) if (!keep.has(peer)) this.delete(peer)
  }
}

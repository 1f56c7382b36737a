import { type Clock, millis } from '@p2pshare/base'
import type { Log } from '@p2pshare/ports'
import { reasonOf } from '../errors.ts'
import { ANNOUNCE } from '../limits/index.ts'
import type { Breather } from './breather.ts'
import { closestServers, type Server } from './closest-servers.ts'
import { limitedMap } from './limited-map.ts'
import type { SweptKey } from './portion.ts'
import type { Between } from './record-sender.ts'

/** Stores records of keys (multihashes) on one server, as `sendRecords` does. */
export type SendTo = (
  peer: string,
  keys: Iterable<Uint8Array>,
  signal: AbortSignal,
  between: Between
) => Promise<void>

/** What {@link RecordSpreader} is made of. */
export interface RecordSpreaderInit {
  send: SendTo
  clock: Clock
  breather: Breather
  log: Log
}

/** How fast records go out. */
export interface Pace {
  /** Pause before the next server (ms), asked again while it runs. */
  gap: () => number
  between: Between
}

/** What became of the records. */
export interface SpreadResult {
  /** Servers that took all their records. */
  reached: string[]
  /** Servers that did not; they may have taken some. */
  failed: string[]
}

/** Brings keys to the servers that should hold them, all keys of one server over one stream. */
export class RecordSpreader {
  readonly #init: RecordSpreaderInit
  /** Monotonic time before which no other server is told. */
  #next = Number.NEGATIVE_INFINITY

  constructor(init: RecordSpreaderInit) {
    this.#init = init
  }

  /**
   * Stores each key on the servers closest to it.
   * @param servers - in order; all that may be closest to any of the keys
   */
  async spread(
    servers: readonly Server[],
    keys: readonly SweptKey[],
    pace: Pace,
    signal: AbortSignal
  ): Promise<SpreadResult> {
    const shares = await this.#assign(servers, keys)
    const result: SpreadResult = { reached: [], failed: [] }
    await limitedMap(shares, ANNOUNCE.concurrency, async ([server, own]) => {
      await this.#waitTurn(pace, signal)
      const taken = await this.sendTo(server.peer, multihashes(keys, own), pace.between, signal)
      ;(taken ? result.reached : result.failed).push(server.peer)
    })
    return result
  }

  /** Stores records on one server; answers whether it took all. */
  async sendTo(
    peer: string,
    keys: Iterable<Uint8Array>,
    between: Between,
    signal: AbortSignal
  ): Promise<boolean> {
    if (signal.aborted) return false
    try {
      await this.#init.send(peer, keys, signal, between)
      return true
    } catch (error) {
      this.#init.log.debug({ peer, error: reasonOf(error) }, 'a DHT server did not take our records')
      return false
    }
  }

  /** The keys of each server that gets any, by index. */
  async #assign(servers: readonly Server[], keys: readonly SweptKey[]): Promise<[Server, number[]][]> {
    const { breather } = this.#init
    const shares: number[][] = servers.map(() => [])
    breather.begin()
    for (const [i, { place, list }] of keys.entries()) {
      for (const server of closestServers(servers, place, list.replicas)) shares[server]?.push(i)
      if (i % 32 === 0 && breather.due) await breather.rest()
    }
    breather.end()
    return servers.flatMap((server, i): [Server, number[]][] => {
      const own = shares[i] ?? []
      return own.length === 0 ? [] : [[server, own]]
    })
  }

  async #waitTurn(pace: Pace, signal: AbortSignal): Promise<void> {
    const { clock } = this.#init
    const began = Math.max(this.#next, clock.now())
    this.#next = began + pace.gap()
    for (let now = clock.now(); now < began && pace.gap() > 0 && !signal.aborted; now = clock.now()) {
      const { promise, resolve } = Promise.withResolvers<void>()
      clock.after(millis(Math.min(STEP, began - now)), resolve)
      await promise
    }
  }
}

/** How often a pause looks whether it is still wanted, ms. */
const STEP = 500

function* multihashes(keys: readonly SweptKey[], own: readonly number[]): Generator<Uint8Array> {
  for (const i of own) {
    const key = keys[i]
    if (key !== undefined && !key.list.isGone) yield key.key
  }
}

import { randomBytes } from 'node:crypto'
import type { CancelTimer, Clock } from '@p2pshare/base'
import type { Log } from '@p2pshare/ports'
import { REFRESH } from '../limits/index.ts'
import { commonPrefix, kadPosition, kadPositionOfPeer, multihashOf } from './kad-key.ts'
import type { DhtLane } from './dht-lane.ts'
import type { Kad } from './kad-internals.ts'

/**
 * Keeps the routing table filled: soon after the first server appears, and every half hour, one
 * lookup for ourselves and one for a random key in each bucket. kad-dht's own refresh counts zero
 * bytes where bits are meant, and so never leaves the first bucket: see {@link stopStockRefresh}.
 */
export class TableRefresh {
  readonly #lane: DhtLane
  readonly #clock: Clock
  readonly #log: Log
  #cancel: CancelTimer | undefined
  #running: AbortController | undefined

  constructor(lane: DhtLane, clock: Clock, log: Log) {
    this.#lane = lane
    this.#clock = clock
    this.#log = log
  }

  start(): void {
    this.#running = new AbortController()
    this.#lane.onServer(() => {
      if (this.#lane.size <= 1) this.#arm(REFRESH.firstDelay)
    })
    this.#arm(REFRESH.interval)
  }

  /** Servers that we knew may be gone, and closer ones may be there. */
  moved(): void {
    this.#arm(REFRESH.movedDelay)
  }

  stop(): void {
    this.#cancel?.()
    this.#running?.abort()
    this.#running = undefined
  }

  #arm(delay: number): void {
    this.#cancel?.()
    if (this.#running === undefined) return
    this.#cancel = this.#clock.after(delay as never, () => {
      this.refresh().then(
        () => this.#arm(REFRESH.interval),
        (error: unknown) => {
          this.#log.debug({ error: String(error) }, 'refreshing the routing table failed')
          this.#arm(REFRESH.interval)
        }
      )
    })
  }

  /** Runs all lookups of one refresh, one after another. */
  async refresh(): Promise<void> {
    const signal = this.#running?.signal
    if (signal === undefined || this.#lane.size === 0) return
    const self = kadPositionOfPeer(this.#lane.self)
    const depths = this.#lane.tableOf(self).map((peer) => commonPrefix(self, kadPositionOfPeer(peer)))
    const deepest = Math.min(REFRESH.maxDepth, Math.max(0, ...depths))
    await this.#lane.closest(this.#lane.self.toMultihash().bytes, signal, REFRESH.lookupTimeout)
    for (let depth = 0; depth <= deepest && !signal.aborted; depth++)
      await this.#lane.closest(keyAtDepth(self, depth), signal, REFRESH.lookupTimeout)
  }
}

/** A random key whose position shares exactly `depth` leading bits with `self`; takes 2^(depth + 1) tries on average. */
export function keyAtDepth(self: bigint, depth: number): Uint8Array {
  for (;;) {
    const key = multihashOf(randomBytes(32))
    if (commonPrefix(self, kadPosition(key)) === depth) return key
  }
}

/** Ends kad-dht's own refresh before it starts: it asks for the first bucket only, and would ask for it twice. */
export function stopStockRefresh(kad: Pick<Kad, 'routingTableRefresh'>): void {
  kad.routingTableRefresh.refreshTable = () => undefined
}

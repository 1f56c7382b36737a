import { type Clock } from '@p2pshare/base'
import { multihashOf } from '../dht/kad-key.ts'
import { ANNOUNCE } from '../limits/index.ts'
import { firstFrom } from './key-order.ts'
import type { Announced } from './publication-state.ts'
import type { Between } from './record-sender.ts'
import type { RecordSpreader } from './record-spreader.ts'
import type { ServedServers } from './served-servers.ts'
import { SLOT_SIZE, SLOTS } from './sweep-schedule.ts'
import type { SweepStep } from './sweeper.ts'

/** What {@link Newcomers} is made of. */
export interface NewcomersInit {
  served: ServedServers
  spreader: RecordSpreader
  clock: Clock
  /** Somebody waits. */
  onWaiting: () => void
}

/**
 * Servers of a small network that lack what was announced before they came. In a small network every
 * server should have everything; in a large one a newcomer gets its part with the next cycle.
 */
export class Newcomers {
  readonly #init: NewcomersInit
  readonly #behind = new Set<string>()

  constructor(init: NewcomersInit) {
    this.#init = init
  }

  /** A server appeared in a network so small that it should have everything. */
  arrived(peer: string): void {
    if (this.#init.served.has(peer)) return
    this.#behind.add(peer)
  }

  /** Who is to be brought up to date next. */
  next(): string | undefined {
    return this.#behind.values().next().value
  }

  /** Notes who of a whole network has what was just announced, the very first of all or not. */
  note({ reached, failed, wholeNetwork }: SweepStep, isFirst: boolean): void {
    if (!wholeNetwork) return
    const { served, clock } = this.#init
    served.keepOnly(reached)
    for (const peer of reached) {
      if (isFirst) this.#behind.delete(peer)
      if (!this.#behind.has(peer)) served.add(peer)
    }
    if (failed.length === 0) return
    clock.after(ANNOUNCE.maxRetry, () => {
      for (const peer of failed) this.#behind.add(peer)
      this.#init.onWaiting()
    })
  }

  /** Sends a newcomer everything announced so far; answers whether it took it. */
  async bringUpToDate(
    peer: string,
    all: readonly Announced[],
    between: Between,
    signal: AbortSignal
  ): Promise<boolean> {
    this.#behind.delete(peer)
    const isSomething = all.some(({ lists }) => lists.some((list) => list.keys.count > 0 && list.cursor > 0))
    // It left again, or is broken, where that fails; when it comes back it is a newcomer again.
    const taken =
      !isSomething || (await this.#init.spreader.sendTo(peer, announcedKeys(all), between, signal))
    if (taken && !signal.aborted) this.#init.served.add(peer)
    return taken
  }
}

/** Multihashes of all that is announced, made as they are asked for. */
function* announcedKeys(all: readonly Announced[]): Generator<Uint8Array> {
  for (const { lists } of all) {
    for (const list of lists) {
      const { keys, order, cursor } = list
      const isAll = cursor >= SLOTS
      const end = isAll ? keys.count : order === undefined ? 0 : firstFrom(order, cursor * SLOT_SIZE)
      for (let i = 0; i < end && !list.isGone; i++)
        yield multihashOf(keys.key(isAll ? i : (order?.indices[i] ?? 0)))
    }
  }
}

import { ANNOUNCE } from '../limits/index.ts'
import type { Breather } from './breather.ts'
import { inOrder, type Server } from './closest-servers.ts'
import { firstFrom } from './key-order.ts'
import {
  firstKeyFrom,
  keysOf,
  type Portion,
  portionAround,
  type SweptKey,
  type SweptList
} from './portion.ts'
import { endOf } from './prefix.ts'
import type { Pace, RecordSpreader, SpreadResult } from './record-spreader.ts'
import type { Region, RegionExplorer } from './region-explorer.ts'
import { SLOT_SIZE, SLOTS, slotOf } from './sweep-schedule.ts'

/** What is to be swept. */
export interface SweepWish {
  lists: readonly SweptList[]
  /** Slot to begin at. */
  from: number
  /** Slot to end before. */
  to: number
  /** Whether the part of the region before `from` is announced, too. */
  whole: boolean
  /** Whether other regions follow; see {@link RegionExplorer.region}. */
  alone: boolean
  /** What of a portion is to be announced, asked before it is; undefined: nothing. */
  trim?: (portion: Portion) => { from: number; to: number } | undefined
  /** How fast, for a portion of so many servers. */
  pace: (portion: Portion, servers: number) => Pace
}

/** What came of one step of a sweep. */
export interface SweepStep extends Portion, SpreadResult {
  /** Whether enough servers have the records of slots `from` … `to` − 1. */
  announced: boolean
  /** Whether the servers told are all of the network, no more than a key has replicas. */
  wholeNetwork: boolean
  /** Keys told. */
  keys: number
  /** False when {@link SweepWish.trim} left nothing. */
  wanted: boolean
}

/** Announces one portion after the other of the key space: explores its region, then tells each server its keys. */
export class Sweeper {
  readonly explorer: RegionExplorer
  readonly spreader: RecordSpreader
  readonly #breather: Breather

  constructor(explorer: RegionExplorer, spreader: RecordSpreader, breather: Breather) {
    this.explorer = explorer
    this.spreader = spreader
    this.#breather = breather
  }

  /**
   * Announces the portion around the first key at or behind `from`. Slots without keys before it
   * count as announced.
   * @throws as {@link RegionExplorer.region}; nothing is announced then
   */
  async step(wish: SweepWish, signal: AbortSignal): Promise<SweepStep> {
    const { lists, from, to } = wish
    const first = firstKeyFrom(lists, from)
    const slot = first === undefined ? SLOTS : slotOf(first.position)
    if (first === undefined || slot >= to) return nothing({ from, to, depth: Number.NaN })
    // In a cycle each part has its own time: an empty one takes nobody along.
    if (wish.whole && slot > from) return nothing({ from, to: slot, depth: Number.NaN })
    if (this.#isSparse(lists)) return this.#stepByKey(wish, slot, signal)
    const region = await this.explorer.region(first.key, wish.alone, signal)
    const most = region.whole ? ANNOUNCE.smallPortion : ANNOUNCE.portion
    const portion = await portionAround(lists, slot, region.prefix, most, this.#breather)
    if (!wish.whole) portion.from = from
    portion.to = Math.min(portion.to, to)
    const wanted = wish.trim === undefined ? portion : wish.trim(portion)
    if (wanted === undefined) return { ...nothing(portion), wanted: false }
    Object.assign(portion, { from: wanted.from, to: wanted.to })
    const keys = await keysOf(lists, portion, this.#breather)
    return this.#tell(wish, portion, keys, region, signal)
  }

  /** Whether there are so few keys that a lookup for each costs less than exploring regions. */
  #isSparse(lists: readonly SweptList[]): boolean {
    const { regions } = this.explorer
    const keys = lists.reduce((sum, { order, end }) => sum + firstFrom(order, end * SLOT_SIZE), 0)
    return regions >= MANY_REGIONS && keys < KEYS_PER_REGION * regions
  }

  /** Announces the next few keys, each by a lookup of its own. */
  async #stepByKey(wish: SweepWish, slot: number, signal: AbortSignal): Promise<SweepStep> {
    const portion: Portion = { from: wish.whole ? slot : wish.from, to: slot + 1, depth: SLOT_DEPTH }
    if (wish.whole && wish.trim?.(portion) === undefined) return { ...nothing(portion), wanted: false }
    let keys = await keysOf(wish.lists, portion, this.#breather)
    while (!wish.whole && keys.length < AT_ONCE && portion.to < wish.to) {
      const more = { ...portion, from: portion.to, to: portion.to + 1 }
      keys = [...keys, ...(await keysOf(wish.lists, more, this.#breather))]
      portion.to++
    }
    const found = await Promise.all(keys.map((key) => this.#serversOf(key, signal)))
    const servers = inOrder(new Map(found.flat().map((server) => [server.peer, server])).values())
    const told = await this.spreader.spread(servers, keys, wish.pace(portion, servers.length), signal)
    for (const peer of told.failed) this.explorer.remove(peer)
    const announced = !signal.aborted && isEnough(told.reached.length, told.failed.length, false)
    return { ...nothing(portion), ...told, announced, keys: keys.length }
  }

  async #serversOf({ key, list }: SweptKey, signal: AbortSignal): Promise<readonly Server[]> {
    if (list.replicas <= ANNOUNCE.replicas) return this.explorer.closest(key, signal)
    return (await this.explorer.region(key, true, signal)).servers
  }

  async #tell(
    wish: SweepWish,
    portion: Portion,
    keys: readonly SweptKey[],
    first: Region,
    signal: AbortSignal
  ): Promise<SweepStep> {
    const result = { ...nothing(portion), keys: keys.length }
    let region = first
    for (let done = 0; done < keys.length && !signal.aborted; ) {
      const key = keys[done] as SweptKey
      // Only where regions are smaller than a slot.
      if (key.position >= endOf(region.prefix))
        region = await this.explorer.region(key.key, wish.alone, signal)
      const end = endOf(region.prefix)
      const behind = keys.findIndex((each, i) => i > done && each.position >= end)
      const part = keys.slice(done, behind < 0 ? keys.length : behind)
      const { servers, whole } = region
      const { reached, failed } = await this.spreader.spread(
        servers,
        part,
        wish.pace(portion, servers.length),
        signal
      )
      result.wholeNetwork = whole
      result.reached.push(...reached)
      result.failed.push(...failed)
      for (const peer of failed) this.explorer.remove(peer)
      if (!isEnough(reached.length, failed.length, whole)) result.announced = false
      done += part.length
    }
    if (signal.aborted) result.announced = false
    return result
  }
}

/** Regions from which on keys may be few for them, and how many keys each must have to be explored. */
const MANY_REGIONS = 4
const KEYS_PER_REGION = 4
/** Keys looked up at the same time. */
const AT_ONCE = 4
/** A slot is a subtree of this depth. */
const SLOT_DEPTH = Math.log2(SLOTS)

/** In a small network one server is something; in a large one most of them must be reached, or the fault is on our side. */
function isEnough(reached: number, failed: number, whole: boolean): boolean {
  return reached > 0 && (whole || reached >= failed)
}

function nothing(portion: Portion): SweepStep {
  return { ...portion, announced: true, wholeNetwork: false, reached: [], failed: [], keys: 0, wanted: true }
}

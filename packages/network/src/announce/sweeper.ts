import type { Breather } from './breather.ts'
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
import { SLOTS, slotOf } from './sweep-schedule.ts'

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
    const region = await this.explorer.region(first.key, wish.alone, signal)
    const portion = await portionAround(lists, slot, region.prefix, this.#breather)
    if (!wish.whole) portion.from = from
    portion.to = Math.min(portion.to, to)
    const wanted = wish.trim === undefined ? portion : wish.trim(portion)
    if (wanted === undefined) return { ...nothing(portion), wanted: false }
    Object.assign(portion, { from: wanted.from, to: wanted.to })
    const keys = await keysOf(lists, portion, this.#breather)
    return this.#tell(wish, portion, keys, region, signal)
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

/** In a small network one server is something; in a large one most of them must be reached, or the fault is on our side. */
function isEnough(reached: number, failed: number, whole: boolean): boolean {
  return reached > 0 && (whole || reached >= failed)
}

function nothing(portion: Portion): SweepStep {
  return { ...portion, announced: true, wholeNetwork: false, reached: [], failed: [], keys: 0, wanted: true }
}

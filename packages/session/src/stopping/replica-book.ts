import type { Clock } from '@p2pshare/base'
import {
  freshSightings,
  MOST_REPLICAS,
  type ReplicaSighting,
  seatOf,
  withoutPeer,
  withSighting
} from '@p2pshare/engine'
import type { KeyValueStore } from '@p2pshare/ports'
import { jsonBytes, jsonObject } from '../stored-json.ts'

/** A peer as far as a sighting needs it. */
export interface SightedPeer {
  readonly name: string
  readonly link: { readonly remoteAddress: string; readonly relayed: boolean }
}

/**
 * Who was seen with all of a share: told by the peer itself, by a piece map that fits the share, over a connection of
 * ours that proves its peer id. What a DHT or another peer says of it does not count. Kept over restarts; written at
 * most once a second, however often a peer changes its mind.
 */
export class ReplicaBook {
  readonly #values: KeyValueStore
  readonly #clock: Clock
  readonly #unsaved = new Map<string, ReplicaSighting[]>()
  readonly #listeners = new Set<(cid: string) => void>()

  constructor(values: KeyValueStore, clock: Clock) {
    this.#values = values
    this.#clock = clock
  }

  /** Calls back when it may be that another number of peers has all of a share. */
  onChange(listener: (cid: string) => void): void {
    this.#listeners.add(listener)
  }

  /** A peer told what it has of a share whose index is known. */
  note(cid: string, { name, link }: SightedPeer, hasAll: boolean): void {
    const before = this.#of(cid)
    if (!hasAll && !before.some(({ peer }) => peer === name)) return
    const seat = seatOf(link.remoteAddress, link.relayed)
    const seen = { peer: name, seat, at: this.#clock.wallTime() }
    this.#unsaved.set(cid, hasAll ? withSighting(before, seen) : withoutPeer(before, name))
    for (const listener of this.#listeners) listener(cid)
  }

  /** Others that had all of it within the last day, at different places. */
  count(cid: string): number {
    return freshSightings(this.#of(cid), this.#clock.wallTime()).length
  }

  /** Whether that peer is among them. */
  isCounted(cid: string, peer: string): boolean {
    return freshSightings(this.#of(cid), this.#clock.wallTime()).some((seen) => seen.peer === peer)
  }

  /** The share is removed. */
  forget(cid: string): void {
    this.#unsaved.delete(cid)
    this.#values.delete(cid)
  }

  /** Writes what changed since the last call, in one transaction. */
  save(): void {
    if (this.#unsaved.size === 0) return
    const rows = [...this.#unsaved].map(([key, seen]) => ({ key, value: jsonBytes({ seen }) }))
    this.#unsaved.clear()
    this.#values.batch(rows, [])
  }

  #of(cid: string): ReplicaSighting[] {
    const unsaved = this.#unsaved.get(cid)
    if (unsaved !== undefined) return unsaved
    const row = this.#values.get(cid)
    return row === undefined ? [] : sightingsOf(jsonObject(row)['seen'])
  }
}

/** What is damaged was not seen. */
function sightingsOf(value: unknown): ReplicaSighting[] {
  if (!Array.isArray(value)) return []
  return value.slice(-MOST_REPLICAS).filter((each: unknown): each is ReplicaSighting => {
    const { peer, seat, at } = (each ?? {}) as Record<string, unknown>
    return typeof peer === 'string' && typeof seat === 'string' && Number.isFinite(at)
  })
}

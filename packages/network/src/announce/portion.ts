import { equals } from 'uint8arrays/equals'
import { kadPlace, multihashOf } from '../dht/kad-key.ts'
import type { Breather } from './breather.ts'
import { firstFrom, type KeyOrder } from './key-order.ts'
import { endOf, type Prefix, prefixAt } from './prefix.ts'
import type { AnnouncedList } from './publication-state.ts'
import { SLOT_SIZE, SLOTS, slotOf } from './sweep-schedule.ts'

/** A list whose keys are in order, and how much of it takes part. */
export interface SweptList {
  list: Pick<AnnouncedList, 'keys' | 'replicas' | 'isGone'>
  order: KeyOrder
  /** Slots before this one take part. */
  end: number
}

/** A key to announce. */
export interface SweptKey {
  /** Multihash. */
  readonly key: Uint8Array
  readonly place: Uint8Array
  readonly position: number
  /** The list that it is of. */
  readonly list: SweptList['list']
}

/** Slots announced together: `from` … `to` − 1, a subtree of the key space of that depth, or the end of one. */
export interface Portion {
  from: number
  to: number
  depth: number
}

/** The first key at or behind a slot, over all lists; undefined when there is none. */
export function firstKeyFrom(
  lists: readonly SweptList[],
  slot: number
): { key: Uint8Array; position: number } | undefined {
  let first: { swept: SweptList; at: number; position: number } | undefined
  for (const swept of lists) {
    const at = firstFrom(swept.order, slot * SLOT_SIZE)
    const position = swept.order.positions[at] ?? Number.POSITIVE_INFINITY
    if (position >= swept.end * SLOT_SIZE) continue
    if (first === undefined || position < first.position) first = { swept, at, position }
  }
  return first === undefined ? undefined : { key: keyAt(first.swept, first.at), position: first.position }
}

/**
 * The largest part of a region around a slot that has at most so many keys: the region itself, or a
 * half, a quarter … of it, at least a slot.
 */
export async function portionAround(
  lists: readonly SweptList[],
  slot: number,
  region: Prefix,
  most: number,
  breather: Breather
): Promise<Portion> {
  const counts = await keysPerSlot(lists, region, breather)
  let depth = Math.min(region.depth, Math.log2(SLOTS))
  for (; ; depth++) {
    const part = prefixAt(slot * SLOT_SIZE, depth)
    const [from, to] = [slotOf(part.start), slotOf(endOf(part))]
    const keys = counts.subarray(from, to).reduce((sum, count) => sum + count, 0)
    if (keys <= most || to - from === 1) return { from, to, depth }
  }
}

async function keysPerSlot(
  lists: readonly SweptList[],
  region: Prefix,
  breather: Breather
): Promise<Uint32Array> {
  const counts = new Uint32Array(SLOTS)
  breather.begin()
  for (const { order, end } of lists) {
    const last = Math.min(endOf(region), end * SLOT_SIZE)
    for (let i = firstFrom(order, region.start); i < order.positions.length; i++) {
      const position = order.positions[i] ?? 0
      if (position >= last) break
      const slot = slotOf(position)
      counts[slot] = (counts[slot] ?? 0) + 1
      if (i % 1024 === 0 && breather.due) await breather.rest()
    }
    if (breather.due) await breather.rest()
  }
  breather.end()
  return counts
}

/** All keys of a portion, in order of the key space; equal ones of a list once. */
export async function keysOf(
  lists: readonly SweptList[],
  { from, to }: Portion,
  breather: Breather
): Promise<SweptKey[]> {
  const keys: SweptKey[] = []
  breather.begin()
  for (const swept of lists) {
    const { order, list } = swept
    const last = Math.min(to, swept.end) * SLOT_SIZE
    let before: SweptKey | undefined
    for (let i = firstFrom(order, from * SLOT_SIZE); i < order.positions.length; i++) {
      const position = order.positions[i] ?? 0
      if (position >= last) break
      const key = keyAt(swept, i)
      if (before?.position !== position || !equals(before.key, key)) {
        before = { key, place: kadPlace(key), position, list }
        keys.push(before)
      }
      if (i % 32 === 0 && breather.due) await breather.rest()
    }
    if (breather.due) await breather.rest()
  }
  keys.sort((a, b) => a.position - b.position)
  breather.end()
  return keys
}

function keyAt({ list, order }: SweptList, at: number): Uint8Array {
  return multihashOf(list.keys.key(order.indices[at] ?? 0))
}

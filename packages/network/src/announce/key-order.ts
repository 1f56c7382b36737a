import type { ContentKey, KeyList } from '@p2pshare/ports'
import { kadPlace, multihashOf } from '../dht/kad-key.ts'
import type { Breather } from './breather.ts'
import { positionOf } from './prefix.ts'

/** Bits sorted by at a time: three passes over 32 bits. */
const DIGIT = 11
const DIGITS = 2 ** DIGIT
/** Keys between two looks at the clock. */
const STEP = 32
const LARGE_STEP = 4096

/** A list's keys in the order of the key space, 8 bytes a key. */
export interface KeyOrder {
  /** First 32 bits of each key's place, ascending. */
  readonly positions: Uint32Array
  /** Index in the list of each. */
  readonly indices: Uint32Array
}

/** Where a key lies, by its first 32 bits. */
export function positionOfKey(key: ContentKey): number {
  return positionOf(kadPlace(multihashOf(key)))
}

/** Of a list with one key. */
export function orderOfOne(key: ContentKey): KeyOrder {
  return { positions: Uint32Array.of(positionOfKey(key)), indices: Uint32Array.of(0) }
}

/**
 * Puts keys in order: hashes each once, about a microsecond, then radix sort. Takes 16 bytes a key
 * while it runs and never more than a slice at a time.
 *
 * @returns undefined when `signal` fired
 */
export async function orderOf(
  list: KeyList,
  breather: Breather,
  signal: AbortSignal
): Promise<KeyOrder | undefined> {
  const known = orders.get(list)
  if (known !== undefined) return known
  const { count } = list
  let order: KeyOrder = { positions: new Uint32Array(count), indices: new Uint32Array(count) }
  breather.begin()
  for (let i = 0; i < count; i++) {
    order.positions[i] = positionOfKey(list.key(i))
    order.indices[i] = i
    if (i % STEP === 0 && breather.due) await breather.rest()
    if (signal.aborted) return undefined
  }
  let spare: KeyOrder = { positions: new Uint32Array(count), indices: new Uint32Array(count) }
  for (let shift = 0; shift < 32; shift += DIGIT) {
    await pass(order, spare, shift, breather)
    if (signal.aborted) return undefined
    ;[order, spare] = [spare, order]
  }
  breather.end()
  orders.set(list, order)
  return order
}

/** Orders that are there already: every DHT of a node announces the same lists. */
const orders = new WeakMap<KeyList, KeyOrder>()

/** One stable pass of a radix sort, by the digit that begins at a bit. */
async function pass(from: KeyOrder, to: KeyOrder, shift: number, breather: Breather): Promise<void> {
  const next = await starts(from, shift, breather)
  for (const [i, position] of from.positions.entries()) {
    const digit = (position >>> shift) & (DIGITS - 1)
    const place = next[digit] ?? 0
    next[digit] = place + 1
    to.positions[place] = position
    to.indices[place] = from.indices[i] ?? 0
    if (i % LARGE_STEP === 0 && breather.due) await breather.rest()
  }
}

/** Where the keys of each digit begin. */
async function starts(from: KeyOrder, shift: number, breather: Breather): Promise<Uint32Array> {
  const counts = new Uint32Array(DIGITS)
  for (const [i, position] of from.positions.entries()) {
    const digit = (position >>> shift) & (DIGITS - 1)
    counts[digit] = (counts[digit] ?? 0) + 1
    if (i % LARGE_STEP === 0 && breather.due) await breather.rest()
  }
  let sum = 0
  return counts.map((count) => {
    sum += count
    return sum - count
  })
}

/** Index of the first key at or behind a position; the number of keys when there is none. */
export function firstFrom({ positions }: KeyOrder, position: number): number {
  let low = 0
  let high = positions.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((positions[middle] ?? 0) < position) low = middle + 1
    else high = middle
  }
  return low
}

import { ANNOUNCE } from '../limits/index.ts'
import { SPACE } from './prefix.ts'

/** Parts of the key space whose times are kept: 2^10. */
export const SLOTS = 1024
const SLOT_BITS = 10
/** Positions of one slot. */
export const SLOT_SIZE = SPACE / SLOTS
/** Bytes of a slot in the row: time in seconds, and depth of the region that it was announced with. */
const SLOT_BYTES = 5

/** The slot of a position. */
export const slotOf = (position: number): number => Math.floor(position / SLOT_SIZE)

/**
 * When each part of the key space was announced, and when it is next. Every part has its time in the
 * cycle of {@link ANNOUNCE.interval}, so the work is spread evenly whenever it was first done. A
 * region that was announced as a whole has the time of its first slot. Pure; times are wall time in ms.
 */
export class SweepSchedule {
  readonly #at = new Float64Array(SLOTS)
  readonly #depths = new Uint8Array(SLOTS).fill(SLOT_BITS)
  readonly #phase: number
  /** The oldest time of each slot and those before it; empty when it has to be worked out anew. */
  #oldest = new Float64Array()

  /**
   * @param phase - 0 … 1, where in the cycle this node begins, so that not all nodes of the world do at once
   * @param at - when everything counts as announced; 0 = long ago
   */
  constructor(phase: number, at: number) {
    this.#phase = phase * ANNOUNCE.interval
    this.#at.fill(at)
  }

  /** Notes that slots `from` … `to` − 1 were announced, together and so a region of that depth, or (without one) had nothing in them. */
  mark(from: number, to: number, depth: number | undefined, now: number): void {
    this.#at.fill(now, from, to)
    this.#oldest = new Float64Array()
    if (depth !== undefined) this.#depths.fill(Math.min(SLOT_BITS, depth), from, to)
  }

  /** Notes that slots `from` … `to` − 1, a subtree of that depth, are announced together, without that they were now. */
  reshape(from: number, to: number, depth: number): void {
    this.#depths.fill(Math.min(SLOT_BITS, depth), from, to)
  }

  /**
   * What of slots `from` … `to` − 1 is due when they are announced together: from the first that is to
   * the last. Undefined when none is. A part of them may have gone before, with a smaller region.
   */
  dueWithin(from: number, to: number, depth: number, now: number): { from: number; to: number } | undefined {
    const turn = this.#turnOf(from, depth, now)
    let [first, last] = [from, to - 1]
    while (first < to && this.at(first, now) >= turn) first++
    while (last > first && this.at(last, now) >= turn) last--
    return first === to ? undefined : { from: first, to: last + 1 }
  }

  /** When a slot was last announced; a time in the future is an error of the clock, and counts as `now`. */
  at(slot: number, now: number): number {
    const at = this.#at[slot] ?? 0
    if (at <= now) return at
    this.#at[slot] = now
    this.#oldest = new Float64Array()
    return now
  }

  /** The oldest time of slots 0 … `end` − 1. */
  oldestBefore(end: number, now: number): number {
    if (this.#oldest.length === 0) {
      let oldest = Number.POSITIVE_INFINITY
      this.#oldest = this.#at.map((at) => (oldest = Math.min(oldest, at)))
    }
    return Math.min(now, this.#oldest[end - 1] ?? 0)
  }

  /** The slot whose turn it is: of all that are due the one announced longest ago; undefined when none is. */
  due(now: number): number | undefined {
    let first: number | undefined
    for (let slot = 0; slot < SLOTS; slot++) {
      if (this.at(slot, now) >= this.#turn(slot, now)) continue
      if (first === undefined || this.at(slot, now) < this.at(first, now)) first = slot
    }
    return first
  }

  /** How long ago it was a slot's turn, ms; more than a cycle when that was missed, too. */
  lateness(slot: number, now: number): number {
    return Math.max(now - this.#turn(slot, now), now - this.at(slot, now) - ANNOUNCE.interval)
  }

  /** The next time that it is any slot's turn. */
  next(now: number): number {
    let next = Number.POSITIVE_INFINITY
    for (let slot = 0; slot < SLOTS; slot++) {
      const turn = this.#turn(slot, now)
      next = Math.min(next, this.at(slot, now) < turn ? now : turn + ANNOUNCE.interval)
    }
    return next
  }

  /** When the next cycle begins. */
  nextCycle(now: number): number {
    return latest(this.#phase, now) + ANNOUNCE.interval
  }

  /** The row for the value store, {@link SLOTS} times 5 bytes. */
  encode(): Uint8Array {
    const row = new Uint8Array(SLOTS * SLOT_BYTES)
    const view = new DataView(row.buffer)
    for (let slot = 0; slot < SLOTS; slot++) {
      view.setUint32(slot * SLOT_BYTES, Math.floor((this.#at[slot] ?? 0) / 1000))
      view.setUint8(slot * SLOT_BYTES + 4, this.#depths[slot] ?? SLOT_BITS)
    }
    return row
  }

  /** Takes over a row; answers whether it was one. */
  restore(row: Uint8Array): boolean {
    if (row.byteLength !== SLOTS * SLOT_BYTES) return false
    const view = new DataView(row.buffer, row.byteOffset, row.byteLength)
    for (let slot = 0; slot < SLOTS; slot++) {
      this.#at[slot] = view.getUint32(slot * SLOT_BYTES) * 1000
      this.#depths[slot] = Math.min(SLOT_BITS, view.getUint8(slot * SLOT_BYTES + 4))
    }
    return true
  }

  /** The latest time up to `now` at which it was the turn of a slot. */
  #turn(slot: number, now: number): number {
    return this.#turnOf(slot, this.#depths[slot] ?? SLOT_BITS, now)
  }

  #turnOf(slot: number, depth: number, now: number): number {
    const slots = SLOTS >> Math.min(SLOT_BITS, depth)
    const first = Math.floor(slot / slots) * slots
    return latest(this.#phase + (first / SLOTS) * ANNOUNCE.interval, now)
  }
}

/** The latest time up to `now` that is `offset` behind the beginning of a cycle. */
function latest(offset: number, now: number): number {
  return now - modulo(now - offset, ANNOUNCE.interval)
}

function modulo(a: number, b: number): number {
  return ((a % b) + b) % b
}

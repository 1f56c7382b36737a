import type { Clock } from '@p2pshare/base'
import type { KeyValueStore, Publication, PublicationStatus } from '@p2pshare/ports'
import { ANNOUNCE } from '../limits/index.ts'
import { firstFrom } from './key-order.ts'
import {
  type Announced,
  type AnnouncedList,
  encodeState,
  freshState,
  restore,
  totalKeys
} from './publication-state.ts'
import { SLOT_SIZE, SLOTS, slotOf, SweepSchedule } from './sweep-schedule.ts'

/** Where the state of one DHT's announcing lies. */
export interface AnnouncementsInit {
  values: KeyValueStore
  protocol: string
  clock: Clock
  /** See {@link SweepSchedule}. */
  phase: number
}

/**
 * Everything that is announced in one DHT, and when it was. On disk: a row of 5 kB for the key space
 * and one of about 100 bytes for each share; the age of a record is the younger of the two that
 * concern it.
 */
export class Announcements {
  readonly schedule: SweepSchedule
  readonly #init: AnnouncementsInit
  readonly #all = new Map<string, Announced>()
  /** Slots that the cycle has passed since the start: a share that turns up later was not there. */
  readonly #passed = new Uint8Array(SLOTS)

  constructor(init: AnnouncementsInit) {
    this.#init = init
    const { values, clock, phase } = init
    const row = values.get(this.#scheduleRow)
    // Without its row, what other rows tell of may be old; without any, nothing is.
    const [known] = values.query(this.#rows)
    const isNew = known === undefined
    this.schedule = new SweepSchedule(phase, isNew ? clock.wallTime() : 0)
    if (row === undefined || !this.schedule.restore(row)) this.#saveSchedule()
  }

  all(): Iterable<Announced> {
    return this.#all.values()
  }

  /** Whether it is still to be announced. */
  has(announced: Announced): boolean {
    return this.#all.get(announced.publication.share) === announced
  }

  /** Takes a publication up, where the last run left it or with what is new of it. */
  publish(publication: Publication): void {
    const { share } = publication
    const announced = freshState(publication)
    const before = this.#all.get(share)
    const row = before === undefined ? this.#init.values.get(this.#rows + share) : encodeState(before)
    restore(announced, row, this.#init.clock.wallTime())
    for (const [i, list] of announced.lists.entries()) {
      const old = before?.lists[i]
      if (old?.fingerprint === list.fingerprint) list.order = old.order
      if (old === undefined) this.#makeUpFor(list)
    }
    this.#all.set(share, announced)
  }

  withdraw(share: string): void {
    for (const list of this.#all.get(share)?.lists ?? []) list.isGone = true
    this.#all.delete(share)
    this.#init.values.delete(this.#rows + share)
  }

  /** Notes that a list's own sweep has come so far. */
  advance(announced: Announced, list: AnnouncedList, slot: number, began: number): void {
    if (!this.has(announced)) return
    if (list.cursor === 0 || list.kind === 'root') list.at = began
    list.cursor = slot
    this.#init.values.put(this.#rows + announced.publication.share, encodeState(announced))
  }

  /** Notes that the cycle has announced slots `from` … `to` − 1; without a depth: that there was nothing to announce. */
  pass(from: number, to: number, depth: number | undefined, began: number): void {
    this.schedule.mark(from, to, depth, began)
    this.#passed.fill(1, from, to)
    this.#saveSchedule()
  }

  /** Wall time (ms) of the root's records; undefined before the first. */
  rootTime(announced: Announced): number | undefined {
    const [root] = announced.lists
    const position = root.order?.positions[0] ?? 0
    if (root.cursor === 0) return undefined
    return Math.max(root.at, this.schedule.at(slotOf(position), this.#init.clock.wallTime()))
  }

  status(share: string): PublicationStatus | undefined {
    const announced = this.#all.get(share)
    return announced === undefined ? undefined : this.#statusOf(announced)
  }

  /** Of all publications together. */
  summary(): PublicationStatus {
    const sum = { announced: 0, total: 0, oldest: Number.POSITIVE_INFINITY }
    for (const each of this.#all.values()) {
      const { announced, total, oldest } = this.#statusOf(each)
      sum.announced += announced
      sum.total += total
      sum.oldest = Math.min(sum.oldest, oldest ?? Number.POSITIVE_INFINITY)
    }
    return {
      ...sum,
      oldest: Number.isFinite(sum.oldest) ? sum.oldest : undefined,
      nextCycle: this.#nextCycle()
    }
  }

  #statusOf(announced: Announced): PublicationStatus {
    const times = announced.lists.map((list) => this.#oldestOf(list))
    const oldest = Math.min(...times)
    return {
      announced: announced.lists.reduce((sum, list) => sum + announcedOf(list), 0),
      total: totalKeys(announced),
      oldest: Number.isFinite(oldest) ? oldest : undefined,
      nextCycle: this.#nextCycle()
    }
  }

  #nextCycle(): number {
    return this.schedule.nextCycle(this.#init.clock.wallTime())
  }

  /** Time of a list's oldest record; infinite without any. */
  #oldestOf({ keys, cursor, order, at }: AnnouncedList): number {
    const now = this.#init.clock.wallTime()
    if (keys.count === 0 || cursor === 0) return Number.POSITIVE_INFINITY
    // Of many keys some lie nearly everywhere; of a few it is told where.
    if (order === undefined || keys.count > FEW) return Math.max(at, this.schedule.oldestBefore(cursor, now))
    let oldest = Number.POSITIVE_INFINITY
    for (const position of order.positions) {
      if (slotOf(position) < cursor) oldest = Math.min(oldest, this.schedule.at(slotOf(position), now))
    }
    return Math.max(at, oldest)
  }

  /** What the cycle passed before this list was there goes out again, by its own sweep. */
  #makeUpFor(list: AnnouncedList): void {
    const missed = this.#passed.indexOf(1)
    if (list.keys.count === 0 || missed < 0) return
    if (list.kind !== 'root') list.cursor = Math.min(missed, list.cursor)
    else if (this.#passed[slotOf(list.order?.positions[0] ?? 0)] === 1) list.cursor = 0
  }

  #saveSchedule(): void {
    this.#init.values.put(this.#scheduleRow, this.schedule.encode())
  }

  get #rows(): string {
    return `share/${this.#init.protocol}/`
  }

  get #scheduleRow(): string {
    return `cycle/${this.#init.protocol}`
  }
}

/** Keys of a list that are looked at one by one for the oldest record. */
const FEW = 32

/** Keys of a list that are announced; estimated while they are not in order. */
function announcedOf({ keys, cursor, order }: AnnouncedList): number {
  if (cursor >= SLOTS) return keys.count
  if (order !== undefined) return firstFrom(order, cursor * SLOT_SIZE)
  return Math.floor((keys.count * cursor) / SLOTS)
}

/** Whether a root goes out at once: it is new, was missed for long, or its records say addresses that are no longer ours. */
export function isRootDue(time: number | undefined, hasOldAddresses: boolean, now: number): boolean {
  return time === undefined || hasOldAddresses || now - time > ANNOUNCE.interval + ANNOUNCE.late
}

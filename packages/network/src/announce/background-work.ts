import { ANNOUNCE } from '../limits/index.ts'
import { type AnnouncerParts, isFirst, isReady } from './announcer-parts.ts'
import { serverOf } from './closest-servers.ts'
import { orderOf } from './key-order.ts'
import type { Portion, SweptList } from './portion.ts'
import type { Announced, AnnouncedList } from './publication-state.ts'
import type { Pace } from './record-spreader.ts'
import { isDone } from './root-work.ts'
import { SLOTS } from './sweep-schedule.ts'
import type { WorkLoop } from './work-loop.ts'

/** A list with the publication that it is of. */
interface Part {
  announced: Announced
  list: AnnouncedList
}

/** What is to be done next: new keys of some lists, or the part of the cycle whose turn it is. */
type Task = { kind: 'new'; parts: Part[]; from: number; to: number } | { kind: 'cycle'; slot: number }

/**
 * Announces what can wait, paced: newcomers of a small network get all there is, new files and chunks
 * go out by a sweep over only their keys, and the cycle announces everything again.
 */
export class BackgroundWork {
  readonly #parts: AnnouncerParts
  /** Something new waits, so that the cycle's pauses end. */
  #hurry = false

  constructor(parts: AnnouncerParts) {
    this.#parts = parts
  }

  /** Something new is to be announced. */
  hurry(): void {
    this.#hurry = true
  }

  /** One newcomer or one portion; a step of a {@link WorkLoop}. */
  async step(loop: WorkLoop, signal: AbortSignal): Promise<number | undefined> {
    const { lane, newcomers, pace, announcements, clock } = this.#parts
    if (!isReady(this.#parts)) return lane.size === 0 ? undefined : ANNOUNCE.addressCheck
    const newcomer = newcomers.next()
    const task = this.#next()
    if (newcomer === undefined && task === undefined) {
      const now = clock.wallTime()
      // Not longer than that, since a machine that slept does not notice how long it did.
      return Math.min(ANNOUNCE.longestWait, Math.max(1000, announcements.schedule.next(now) - now))
    }
    if (pace.wait > 0) return pace.wait
    if (newcomer !== undefined) {
      await this.#bringUpToDate(newcomer, signal)
      return 0
    }
    if (task === undefined) return 0
    this.#hurry = task.kind === 'new'
    const done =
      task.kind === 'new' ? this.#announceNew(task, loop, signal) : this.#cycle(task.slot, loop, signal)
    if (await done) {
      loop.succeeded()
      return 0
    }
    if (!signal.aborted) this.#parts.sweeper.explorer.forget()
    return loop.failed()
  }

  async #bringUpToDate(peer: string, signal: AbortSignal): Promise<void> {
    const { newcomers, announcements, sweeper } = this.#parts
    const all = [...announcements.all()]
    if (await newcomers.bringUpToDate(peer, all, this.#between(signal), signal))
      sweeper.explorer.add(serverOf(peer))
  }

  #next(): Task | undefined {
    const { announcements, clock } = this.#parts
    const { schedule } = announcements
    const files = this.#newTask(1)
    if (files !== undefined) return files
    const now = clock.wallTime()
    const slot = this.#isEmpty() ? undefined : schedule.due(now)
    const chunks = this.#newTask(2)
    if (chunks !== undefined && (slot === undefined || schedule.lateness(slot, now) < ANNOUNCE.late))
      return chunks
    return slot === undefined ? undefined : { kind: 'cycle', slot }
  }

  /** The lists of a kind that are furthest behind; up to where the next ones are. */
  #newTask(kind: 1 | 2): Task | undefined {
    let [from, to] = [SLOTS, SLOTS]
    let parts: Part[] = []
    for (const announced of this.#parts.announcements.all()) {
      const list = announced.lists[kind]
      // Its root goes first.
      if (list.cursor >= SLOTS || announced.lists[0].cursor === 0) continue
      if (list.cursor < from) {
        ;[from, to, parts] = [list.cursor, from, []]
      } else if (list.cursor > from) to = Math.min(to, list.cursor)
      if (list.cursor === from) parts.push({ announced, list })
    }
    return parts.length === 0 ? undefined : { kind: 'new', parts, from, to }
  }

  #isEmpty(): boolean {
    for (const _ of this.#parts.announcements.all()) return false
    return true
  }

  /** Answers whether that went well. */
  async #announceNew(
    { parts, from, to }: Extract<Task, { kind: 'new' }>,
    loop: WorkLoop,
    signal: AbortSignal
  ): Promise<boolean> {
    const { announcements, clock, newcomers, sweeper } = this.#parts
    const began = clock.wallTime()
    const first = isFirst(this.#parts)
    const lists = await this.#inOrder(parts, () => to, signal)
    const pace = { gap: () => 0, between: this.#between(signal) }
    const step = await sweeper.step({ lists, from, to, whole: false, alone: false, pace: () => pace }, signal)
    if (signal.aborted || !isDone(step, loop)) return false
    newcomers.note(step, first)
    if (step.to - step.from === SLOTS >> step.depth)
      announcements.schedule.reshape(step.from, step.to, step.depth)
    for (const { announced, list } of parts) announcements.advance(announced, list, step.to, began)
    return true
  }

  /** Announces the part of the key space whose turn it is; answers whether that went well. */
  async #cycle(slot: number, loop: WorkLoop, signal: AbortSignal): Promise<boolean> {
    const { announcements, clock, newcomers, sweeper } = this.#parts
    const began = clock.wallTime()
    const late = announcements.schedule.lateness(slot, began)
    const parts = [...announcements.all()].flatMap((announced) =>
      announced.lists.map((list) => ({ announced, list }))
    )
    const lists = await this.#inOrder(parts, ({ list }) => list.cursor, signal)
    const pace = (portion: Portion, servers: number): Pace => ({
      gap: () => (this.#hurry ? 0 : gapOf(portion, servers, late)),
      between: this.#between(signal)
    })
    const { schedule } = announcements
    const trim = ({ from, to, depth }: Portion): ReturnType<typeof schedule.dueWithin> =>
      schedule.dueWithin(from, to, depth, began)
    const wish = { lists, from: slot, to: SLOTS, whole: true, alone: false, trim, pace }
    const step = await sweeper.step(wish, signal)
    if (signal.aborted || !isDone(step, loop)) return false
    if (!step.wanted) {
      // Its region is larger than was thought, and has its turn later.
      schedule.reshape(step.from, step.to, step.depth)
      return true
    }
    newcomers.note(step, false)
    announcements.pass(step.from, step.to, step.keys === 0 ? undefined : step.depth, began)
    return true
  }

  /** The lists with their keys in order; those that were withdrawn meanwhile are left out. */
  async #inOrder(
    parts: readonly Part[],
    end: (part: Part) => number,
    signal: AbortSignal
  ): Promise<SweptList[]> {
    const { announcements, breather } = this.#parts
    const swept: SweptList[] = []
    for (const part of parts) {
      const { announced, list } = part
      if (list.keys.count === 0 || end(part) === 0) continue
      list.order ??= await orderOf(list.keys, breather, signal)
      if (list.order === undefined || !announcements.has(announced)) continue
      swept.push({ list, order: list.order, end: end(part) })
    }
    return swept
  }

  /** Waits its turn after each write. */
  #between(signal: AbortSignal): Pace['between'] {
    return (took) => this.#parts.pace.rest(took, signal)
  }
}

/** Pause between two servers of a portion, so that they fill its time in the cycle; none when that is over. */
export function gapOf({ depth }: Portion, servers: number, late: number): number {
  const time = ANNOUNCE.interval / 2 ** depth
  if (late > Math.max(time, ANNOUNCE.maxGap)) return 0
  return Math.min(ANNOUNCE.maxGap, (ANNOUNCE.spread * time) / Math.max(1, servers))
}

import { ANNOUNCE } from '../limits/index.ts'
import { isRootDue } from './announcements.ts'
import { type AnnouncerParts, isFirst, isReady } from './announcer-parts.ts'
import type { Announced } from './publication-state.ts'
import { guardRoots } from './root-guard.ts'
import type { Pace } from './record-spreader.ts'
import type { SweepStep } from './sweeper.ts'
import { SLOT_SIZE, SLOTS } from './sweep-schedule.ts'
import type { WorkLoop } from './work-loop.ts'

const AT_ONCE: Pace = { gap: () => 0, between: async () => undefined }
/** So many roots at once are a sweep of their own, whose regions are explored for each other. */
const SEVERAL = 8

/**
 * Announces roots at once: those of new shares, those whose records are about to end because we were
 * away, and all when our addresses have changed, since whoever seeks a share begins with its root.
 */
export class RootWork {
  readonly #parts: AnnouncerParts
  /** Addresses of the last round that was begun because they had changed, and when that was. */
  #round: { addresses: string; at: number } | undefined

  constructor(parts: AnnouncerParts) {
    this.#parts = parts
  }

  /** One region's roots; a step of a {@link WorkLoop}. */
  async step(loop: WorkLoop, signal: AbortSignal): Promise<number | undefined> {
    const { lane, sweeper, clock, newcomers } = this.#parts
    const addresses = this.#parts.addresses()
    if (addresses === undefined || !isReady(this.#parts))
      return lane.size === 0 ? undefined : ANNOUNCE.addressCheck
    const due = this.#due(addresses)
    if (due.length === 0) return ANNOUNCE.addressCheck
    const began = clock.wallTime()
    const first = isFirst(this.#parts)
    const lists = due.flatMap(({ lists: [list] }) =>
      list.order === undefined ? [] : [{ list, order: list.order, end: SLOTS }]
    )
    const wish = { from: 0, to: SLOTS, whole: false, alone: due.length < SEVERAL, pace: () => AT_ONCE }
    const step = await sweeper.step({ lists, ...wish }, signal)
    if (signal.aborted) return 0
    if (!isDone(step, loop)) {
      sweeper.explorer.forget()
      return loop.failed()
    }
    loop.succeeded()
    newcomers.note(step, first)
    const told = due.filter((announced) => isWithin(announced, step))
    for (const announced of told) this.#note(announced, addresses, began)
    await guardRoots(this.#parts, told, signal)
    return 0
  }

  #due(addresses: string): Announced[] {
    const { announcements, clock } = this.#parts
    const now = clock.wallTime()
    const isRound =
      this.#round === undefined ||
      this.#round.addresses === addresses ||
      clock.now() - this.#round.at >= ANNOUNCE.addressInterval
    const due = [...announcements.all()].filter((each) =>
      isRootDue(announcements.rootTime(each), isRound && each.addresses !== addresses, now)
    )
    if (isRound && due.length > 0 && this.#round?.addresses !== addresses)
      this.#round = { addresses, at: clock.now() }
    return due
  }

  #note(announced: Announced, addresses: string, began: number): void {
    const [root] = announced.lists
    announced.addresses = addresses
    this.#parts.announcements.advance(announced, root, SLOTS, began)
  }
}

/** Whether a root lies in the part of the key space that a step was about. */
function isWithin({ lists: [root] }: Announced, { from, to }: SweepStep): boolean {
  const position = root.order?.positions[0] ?? 0
  return position >= from * SLOT_SIZE && position < to * SLOT_SIZE
}

/** Whether a step's keys are announced: as told, or after several tries by whomever was reached. */
export function isDone(step: SweepStep, loop: WorkLoop): boolean {
  return step.announced || (step.reached.length > 0 && loop.failures >= ENOUGH_TRIES)
}

/** After so many tries those that were reached have to do. */
const ENOUGH_TRIES = 3

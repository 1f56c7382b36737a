import { ANNOUNCE } from '../limits/index.ts'
import { type Announced, isRoundDue, keyAt, totalKeys } from './publication-state.ts'

/** Part of one publication that a batch announces. */
export interface BatchPart {
  announced: Announced
  /** Indices from `from` to `to` − 1. */
  from: number
  to: number
}

/**
 * What to announce next: all roots that are due, else files, else chunks, at most
 * {@link ANNOUNCE.batch} keys. Pure.
 *
 * @param now - wall time in ms
 * @returns empty when nothing is due
 */
export function nextBatch(all: Iterable<Announced>, now: number): BatchPart[] {
  const due = [...all].filter((each) => each.rootDue || isRoundDue(each, now))
  const roots = due.filter((each) => each.rootDue || cursorOf(each) === 0)
  if (roots.length > 0)
    return roots.slice(0, ANNOUNCE.batch).map((announced) => ({ announced, from: 0, to: 1 }))
  const files = fill(due, (each) => 1 + each.publication.files.count)
  return files.length > 0 ? files : fill(due, (each) => totalKeys(each.publication))
}

/** Wall time (ms) at which the next round of any publication is due; undefined without publications. */
export function nextDue(all: Iterable<Announced>): number | undefined {
  let first: number | undefined
  for (const { progress } of all) {
    const at = progress.startedAt + ANNOUNCE.interval
    if (first === undefined || at < first) first = at
  }
  return first
}

/** The keys of a batch, in the order of its parts. */
export function keysOf(parts: readonly BatchPart[]): Uint8Array[] {
  const keys: Uint8Array[] = []
  for (const { announced, from, to } of parts) {
    for (let i = from; i < to; i++) keys.push(keyAt(announced.publication, i))
  }
  return keys
}

/** Where a due publication goes on: a finished round begins again. */
function cursorOf(each: Announced): number {
  return each.progress.cursor >= totalKeys(each.publication) ? 0 : each.progress.cursor
}

function fill(due: readonly Announced[], end: (each: Announced) => number): BatchPart[] {
  const parts: BatchPart[] = []
  let room: number = ANNOUNCE.batch
  for (const announced of due) {
    const from = cursorOf(announced)
    const to = Math.min(end(announced), from + room)
    if (to <= from) continue
    parts.push({ announced, from, to })
    room -= to - from
    if (room === 0) break
  }
  return parts
}

/** Notes that a part was announced at `now` (wall time, ms): the cursor moves on, or a new round begins. */
export function markAnnounced({ announced, from, to }: BatchPart, now: number): void {
  const { progress, publication } = announced
  if (from === 0) announced.rootDue = false
  const over = progress.cursor >= totalKeys(publication)
  if (from === 0 && (progress.cursor === 0 || (over && isRoundDue(announced, now)))) {
    progress.previousAt = over ? progress.startedAt : progress.previousAt
    progress.startedAt = now
    progress.cursor = to
  } else if (to > progress.cursor && from <= progress.cursor) {
    progress.cursor = to
  }
}

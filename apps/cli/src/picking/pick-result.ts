import type { Priorities } from '../fetching/choice-options.ts'
import type { PickState } from './pick-state.ts'
import { at, type PickTree, PRIORITY_ORDER } from './pick-tree.ts'

/** Ranges of files in one answer: as many as a request to the daemon takes. */
export const RANGES = 40_000

/** Stands for files that are not in the list. */
const UNLISTED = 255

/**
 * What has been changed, as ranges of file numbers by priority: files in a row that are wanted as much now are one
 * range; those in which nothing has changed are left out.
 */
export function pickedRanges({ tree, levels }: Pick<PickState, 'tree' | 'levels'>): {
  priorities: Priorities | undefined
  count: number
} {
  const { wanted, changed } = byNumber(tree, levels)
  const ranges: [number, number][][] = PRIORITY_ORDER.map(() => [])
  let count = 0
  for (let from = 1, to = 1; from < wanted.length; from = to) {
    let differs = false
    for (to = from; to < wanted.length && wanted[to] === wanted[from]; to++) differs ||= changed[to] === 1
    if (!differs) continue
    ranges[wanted[from] ?? UNLISTED]?.push([from, to - 1])
    count++
  }
  const priorities: Priorities = {}
  for (const [level, priority] of PRIORITY_ORDER.entries()) {
    const numbers = ranges[level] ?? []
    if (numbers.length > 0) priorities[priority] = { numbers }
  }
  return { priorities: count === 0 ? undefined : priorities, count }
}

/** By number of a file: how much it is wanted, and 1 where that has been changed. */
function byNumber(tree: PickTree, levels: Uint8Array): { wanted: Uint8Array; changed: Uint8Array } {
  let last = 0
  for (let node = 1; node < tree.length; node++) last = Math.max(last, tree.number(node))
  const wanted = new Uint8Array(last + 1).fill(UNLISTED)
  const changed = new Uint8Array(last + 1)
  for (let node = 1; node < tree.length; node++) {
    if (!tree.isFile(node)) continue
    const number = tree.number(node)
    wanted[number] = at(levels, node)
    changed[number] = levels[node] === tree.levels[node] ? 0 : 1
  }
  return { wanted, changed }
}

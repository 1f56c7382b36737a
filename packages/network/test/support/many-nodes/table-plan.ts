import type { Rng } from '@p2pshare/base'

/** Entries of one bucket. */
export const BUCKET = 20

/**
 * Chooses whom a node at `self` knows once its routing table has settled: of those that share
 * exactly 0, 1, 2 … leading bits with it, 20 each, or all where there are not so many.
 *
 * @param sorted - positions of all nodes, ascending, `self` among them or not
 * @returns indexes into `sorted`
 */
export function plannedTable(sorted: readonly bigint[], self: bigint, rng: Rng): number[] {
  const chosen: number[] = []
  let from = 0
  let to = sorted.length
  for (let bit = 255n; bit >= 0n && to - from > 0; bit--) {
    const middle = firstWithBit(sorted, from, to, bit)
    const ownHalfIsUpper = ((self >> bit) & 1n) === 1n
    const [otherFrom, otherTo] = ownHalfIsUpper ? [from, middle] : [middle, to]
    chosen.push(...sample(otherFrom, otherTo, rng))
    ;[from, to] = ownHalfIsUpper ? [middle, to] : [from, middle]
    if (to - from === 1 && sorted[from] === self) break
  }
  return chosen
}

/** Index in `from` … `to` of the first position that has a bit set; all there agree on the bits above it. */
function firstWithBit(sorted: readonly bigint[], from: number, to: number, bit: bigint): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >> 1
    if ((((sorted[middle] ?? 0n) >> bit) & 1n) === 1n) high = middle
    else low = middle + 1
  }
  return low
}

/** Up to {@link BUCKET} different numbers in `from` … `to` − 1. */
function sample(from: number, to: number, rng: Rng): number[] {
  if (to - from <= BUCKET) return Array.from({ length: to - from }, (_, i) => from + i)
  const chosen = new Set<number>()
  while (chosen.size < BUCKET) chosen.add(from + rng.below(to - from))
  return [...chosen]
}

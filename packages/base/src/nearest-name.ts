/** Characters of a name that are compared, and names that are looked at: a guess is not worth more. */
const MAX_COMPARED = 100
const MAX_LOOKED_AT = 20_000

/**
 * The name that was probably meant: the one that takes the fewest slips of the pen (a letter put in, left out, changed,
 * or swapped with its neighbour), letter case and dashes aside; undefined when none is near (more than a third of its
 * letters are wrong). Cost: at most 20,000 names of 100 characters.
 */
export function nearestName(meant: string, names: Iterable<string>): string | undefined {
  const word = fold(meant)
  if (word === '') return undefined
  let best: { name: string; slips: number } | undefined
  let looked = 0
  for (const name of names) {
    if (looked++ >= MAX_LOOKED_AT) break
    const slips = distance(word, fold(name), best?.slips ?? Math.ceil(word.length / 3) + 1)
    if (slips !== undefined) best = { name, slips }
  }
  return best?.name
}

const fold = (text: string): string =>
  text.slice(0, MAX_COMPARED).normalize('NFC').toLowerCase().replaceAll(/[-_]/g, '')

/** Optimal string alignment: Levenshtein's distance with swaps of neighbours, if it is under `limit`. */
function distance(a: string, b: string, limit: number): number | undefined {
  if (Math.abs(a.length - b.length) >= limit) return undefined
  const none = new Array<number>(b.length + 1).fill(limit)
  let [before, row] = [none, Array.from(none, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwap = j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swap = isSwap ? at(before, j - 2) + 1 : limit
      next.push(Math.min(change, swap, at(row, j) + 1, at(next, j - 1) + 1))
    }
    // A swap reaches back two rows.
    if (Math.min(...next, ...row) >= limit) return undefined
    ;[before, row] = [row, next]
  }
  const slips = at(row, b.length)
  return slips < limit ? slips : undefined
}

const at = (row: readonly number[], j: number): number => row[j] ?? Number.POSITIVE_INFINITY

/** Characters of a name that are compared, and names that are looked at: a guess is not worth more. */
const MAX_COMPARED = 100
const MAX_LOOKED_AT = 20_000

/**
 * The name that was probably meant: the one that takes the fewest slips of the pen, letter case aside; undefined when
 * none is near (a third of its letters wrong, or more). Cost: at most 20,000 names of 100 characters.
 */
export function nearestName(meant: string, names: Iterable<string>): string | undefined {
  const word = fold(meant)
  let best: { name: string; slips: number } | undefined
  let looked = 0
  for (const name of names) {
    if (looked++ >= MAX_LOOKED_AT) break
    const slips = distance(word, fold(name), best?.slips ?? Math.ceil(word.length / 3) + 1)
    if (slips !== undefined) best = { name, slips }
  }
  return best?.name
}

const fold = (text: string): string => text.slice(0, MAX_COMPARED).normalize('NFC').toLowerCase()

/** Levenshtein's distance if it is under `limit`. */
function distance(a: string, b: string, limit: number): number | undefined {
  if (Math.abs(a.length - b.length) >= limit) return undefined
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    if (Math.min(...next) >= limit) return undefined
    row = next
  }
  const slips = row[b.length] ?? limit
  return slips < limit ? slips : undefined
}

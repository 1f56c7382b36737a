/** Words longer than this are compared no further; no key is. */
const LONGEST = 64

/**
 * The known word that a misspelt one was meant to be: by the fewest letters put in, left out, changed or swapped
 * with their neighbour (optimal string alignment), capitals and dashes aside. Undefined where none is near: more than
 * a third of its letters, and one, would have to change.
 */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const plain = plainOf(word.slice(0, LONGEST))
  let best: { word: string; distance: number } | undefined
  for (const candidate of known) {
    const distance = distanceBetween(plain, plainOf(candidate))
    if (best === undefined || distance < best.distance) best = { word: candidate, distance }
  }
  return best !== undefined && best.distance <= 1 + plain.length / 3 ? best.word : undefined
}

const plainOf = (word: string): string => word.toLowerCase().replaceAll(/[-_]/g, '')

function distanceBetween(a: string, b: string): number {
  const width = b.length + 1
  const table = new Uint8Array((a.length + 1) * width)
  const at = (i: number, j: number): number => table[i * width + j] ?? 0
  const swapped = (i: number, j: number): boolean =>
    i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
  for (let i = 0; i <= a.length; i++)
    for (let j = 0; j <= b.length; j++)
      table[i * width + j] =
        i * j === 0
          ? i + j
          : Math.min(
              at(i - 1, j) + 1,
              at(i, j - 1) + 1,
              at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
              swapped(i, j) ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY
            )
  return at(a.length, b.length)
}

/** Middle value; the mean of the two middle ones when their number is even; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2
}

/** One value for each figure, from its values over several runs. */
export function overRuns<Name extends string>(
  runs: readonly Readonly<Record<Name, number>>[],
  one: (values: number[]) => number
): Record<Name, number> {
  const names = Object.keys(runs[0] ?? {}) as Name[]
  return Object.fromEntries(names.map((name) => [name, one(runs.map((run) => run[name]))])) as Record<
    Name,
    number
  >
}

/** The median of each figure over several runs. */
export function medians<Name extends string>(
  runs: readonly Readonly<Record<Name, number>>[]
): Record<Name, number> {
  return overRuns(runs, median)
}

/** The names of the figures, as the head of a table. */
export function tableHead(figures: Readonly<Record<string, number>>): string {
  const names = Object.keys(figures).map((name) => name.padStart(15))
  return `${''.padEnd(8)}${names.join('')}`
}

/** One line of figures under a {@link tableHead}. */
export function tableRow(label: string, figures: Readonly<Record<string, number>>): string {
  const cells = Object.values(figures).map((value) => value.toFixed(value < 10 ? 2 : 1).padStart(15))
  return label.padEnd(8) + cells.join('')
}

/** A whole number above 0 given as option `--name`; ends the process with a word about it otherwise. */
export function positiveOption(text: string, name: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  process.stderr.write(`--${name} takes a whole number above 0\n`)
  process.exit(2)
}

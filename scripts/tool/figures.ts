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

/**
 * A line for each figure: its median, lowest and highest value, then each run's. What could not be measured, such as
 * memory where there is no `/proc`, is a dash.
 */
export function figureTable(runs: readonly Readonly<Record<string, number>>[]): string {
  const names = Object.keys(runs[0] ?? {})
  const width = Math.max(8, ...names.map((name) => name.length)) + 2
  const line = (name: string, cells: readonly string[]): string =>
    name.padEnd(width) + cells.map((cell) => cell.padStart(10)).join('')
  const head = line('', ['median', 'lowest', 'highest', ...runs.map((_, i) => `run ${i + 1}`)])
  const lines = names.map((name) => {
    const values = runs.map((run) => run[name] ?? Number.NaN)
    const all = [median(values), Math.min(...values), Math.max(...values), ...values]
    return line(name, all.map(shown))
  })
  return [head, ...lines].join('\n')
}

const shown = (value: number): string =>
  Number.isNaN(value) ? '–' : value.toFixed(value < 10 ? 2 : value < 1000 ? 1 : 0)

/** A whole number above 0 given as option `--name`; ends the process with a word about it otherwise. */
export function positiveOption(text: string, name: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0) return value
  process.stderr.write(`--${name} takes a whole number above 0\n`)
  process.exit(2)
}

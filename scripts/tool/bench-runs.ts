import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { medians, overRuns, tableHead, tableRow } from './figures.ts'

/** A benchmark: told its arguments, it measures and prints. */
export interface Benchmark {
  /** One line for the list of benchmarks. */
  summary: string
  run(args: string[]): Promise<void>
}

/** Options of a benchmark: texts, and switches that are off by default. */
export function benchOptions<Defaults extends Readonly<Record<string, string | false>>>(
  args: string[],
  defaults: Defaults
): { [Name in keyof Defaults]: Defaults[Name] extends string ? string : boolean } {
  const options: ParseArgsOptionsConfig = {}
  for (const [name, value] of Object.entries(defaults)) {
    options[name] = value === false ? { type: 'boolean', default: false } : { type: 'string', default: value }
  }
  return parseArgs({ args, options }).values as ReturnType<typeof benchOptions<Defaults>>
}

/** Measures `count` times; prints each run and the medians on stderr, and one JSON object on stdout. */
export async function benchRuns<Name extends string>(
  name: string,
  count: number,
  measure: () => Promise<Record<Name, number>>
): Promise<void> {
  const runs: Record<Name, number>[] = []
  for (let i = 1; i <= count; i++) {
    const figures = await measure()
    if (i === 1) process.stderr.write(`${tableHead(figures)}\n`)
    process.stderr.write(`${tableRow(`run ${i}`, figures)}\n`)
    runs.push(figures)
  }
  const median = medians(runs)
  for (const [label, pick] of [
    ['lowest', Math.min],
    ['highest', Math.max]
  ] as const)
    process.stderr.write(
      `${tableRow(
        label,
        overRuns(runs, (values) => pick(...values))
      )}\n`
    )
  process.stderr.write(`${tableRow('median', median)}\n`)
  process.stdout.write(`${JSON.stringify({ name, node: process.version, median, runs })}\n`)
}

/** The value below which `share` (0 … 1) of the values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

/** Runs `work` and answers how long it took, in ms. */
export async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

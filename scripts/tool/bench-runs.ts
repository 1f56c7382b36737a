import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { figureTable, medians, overRuns } from './figures.ts'

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

/**
 * Measures `count` times; prints a table of the figures on stderr, and one JSON object with every run on stdout.
 * A run that fails ends the benchmark, after the figures of those before it.
 */
export async function benchRuns<Name extends string>(
  name: string,
  count: number,
  measure: () => Promise<Record<Name, number>>
): Promise<void> {
  const runs: Record<Name, number>[] = []
  const report = (): void => {
    process.stderr.write(`${figureTable(runs)}\n`)
    const of = (pick: (values: number[]) => number): Record<Name, number> => overRuns(runs, pick)
    const [lowest, highest] = [of((values) => Math.min(...values)), of((values) => Math.max(...values))]
    const result = { name, node: process.version, median: medians(runs), lowest, highest, runs }
    process.stdout.write(`${JSON.stringify(result)}\n`)
  }
  for (let i = 1; i <= count; i++) {
    process.stderr.write(`${name}: run ${i} of ${count}\n`)
    try {
      const figures = await measure()
      runs.push(figures)
      // At once: a benchmark that is ended early has still measured something.
      process.stderr.write(`${JSON.stringify(figures)}\n`)
    } catch (error) {
      if (runs.length > 0) report()
      throw error
    }
  }
  report()
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

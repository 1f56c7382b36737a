/**
 * Runs a benchmark: `npm run bench -- <name> [options]`; without a name it lists them. Every one
 * prints a table with medians on stderr and one JSON object on stdout.
 */
import { assertNodeVersion } from './node-version.mjs'
import type { Benchmark } from './tool/bench-runs.ts'

const BENCHMARKS: Readonly<Record<string, () => Promise<{ benchmark: Benchmark }>>> = {
  announce: () => import('./bench/announce.ts'),
  cat: () => import('./bench/cat.ts'),
  'cli-start': () => import('./bench/cli-start.ts'),
  'dht-flood': () => import('./bench/dht-flood.ts'),
  idle: () => import('./bench/idle.ts'),
  large: () => import('./bench/large.ts'),
  'latency-under-load': () => import('./bench/latency-under-load.ts'),
  pair: () => import('./bench/pair.ts'),
  relay: () => import('./bench/relay.ts'),
  seed: () => import('./bench/seed.ts'),
  sleep: () => import('./bench/sleep.ts'),
  'slow-handshakes': () => import('./bench/slow-handshakes.ts'),
  swarm: () => import('./bench/swarm.ts'),
  'many-shares': () => import('./bench/many-shares.ts'),
  'small-files': () => import('./bench/small-files.ts'),
  punch: () => import('./bench/punch.ts'),
  wan: () => import('./bench/wan.ts'),
  'wan-proxy': () => import('./bench/wan-proxy.ts'),
  watch: () => import('./bench/watch.ts')
}

assertNodeVersion()
const [name = '', ...args] = process.argv.slice(2)
const chosen = BENCHMARKS[name]
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
if (chosen === undefined) {
  for (const [known, load] of Object.entries(BENCHMARKS)) {
    process.stderr.write(`${known.padEnd(20)}${(await load()).benchmark.summary}\n`)
  }
  process.exitCode = name === '' ? 0 : 2
} else await (await chosen()).benchmark.run(args)

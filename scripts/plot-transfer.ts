/**
 * Draws where the CPU time of a byte goes at the seeder and the fetcher: docs/plots/transfer-cpu.svg. Linux only.
 *
 *   npm run plot:transfer -- [--mib 1024] [--runs 3]
 *
 * Each run is two transfers like those of `bench pair`: one tells the CPU seconds of every thread, from /proc; one
 * with `--cpu-prof` tells how the main thread's divide. The figures go to stdout as JSON.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeRandomFile } from '../test/harness/random-file.ts'
import { TestBed } from '../test/harness/test-bed.ts'
import { assertNodeVersion } from './node-version.mjs'
import { barChart } from './plot/bar-chart.ts'
import { CATEGORIES } from './plot/cpu-category.ts'
import { type CpuProfile, type ProfileShares, profileShares } from './plot/cpu-profile.ts'
import { repositoryRoot } from './root.mjs'
import { benchOptions } from './tool/bench-runs.ts'
import { median, positiveOption } from './tool/figures.ts'
import { type Pair, transfer } from './tool/pair-transfer.ts'
import { threadUsage } from './tool/process-usage.ts'

const GiB = 1024 ** 3
const SIDES = ['seeder', 'fetcher'] as const
type Side = (typeof SIDES)[number]
/** One value for each side. */
type Both<T> = Record<Side, T>

const MAIN = 'node-MainThread'
/** Threads by what they do; V8's own profiler and timer are none of a daemon's work. */
const THREADS = {
  'libuv: file reads, writes, syncs': /^libuv-worker$/,
  'V8: garbage, compiling': /^node-V8Worker$/,
  'worker threads': /^(?!node-MainThread|libuv-worker|node-V8Worker|v8:|DelayedTask|SignalInspect)/
} as const

assertNodeVersion()
const options = benchOptions(process.argv.slice(2), { mib: '1024', runs: '3' })
const source = { path: '', size: positiveOption(options.mib, 'mib') * 1024 ** 2 }
const runs = positiveOption(options.runs, 'runs')
await using files = new TestBed()
source.path = files.path('source.bin')
await writeRandomFile(source.path, source.size, 1)

/** CPU seconds for each GiB of content of every thread, by name. */
async function threadSeconds(): Promise<{ wall: number; threads: Both<Map<string, number>> }> {
  await using bed = new TestBed()
  const look = (pair: Pair): Both<Map<string, number>> => ({
    seeder: threadUsage(pair.seeder.pid),
    fetcher: threadUsage(pair.fetcher.pid)
  })
  const { before, after, fetchSeconds } = await transfer(bed, source, look)
  const spent = (side: Side): Map<string, number> =>
    new Map(
      [...after[side]].map(([name, seconds]) => [
        name,
        ((seconds - (before[side].get(name) ?? 0)) * GiB) / source.size
      ])
    )
  return { wall: fetchSeconds, threads: { seeder: spent('seeder'), fetcher: spent('fetcher') } }
}

/** How the main thread's time divides. */
async function mainShares(): Promise<Both<ProfileShares>> {
  const profiles = { seeder: files.folder('seeder'), fetcher: files.folder('fetcher') }
  const known = new Set(SIDES.flatMap((side) => readdirSync(profiles[side])))
  const window = await (async () => {
    await using bed = new TestBed()
    const nodeFlags = (side: Side): string[] => [
      '--cpu-prof',
      '--cpu-prof-interval=500',
      `--cpu-prof-dir=${profiles[side]}`
    ]
    // The profile's clock, in µs.
    const now = (): number => Number(process.hrtime.bigint() / 1000n)
    return await transfer(bed, source, now, { nodeFlags })
  })()
  // Each thread writes a profile when its daemon ends; the main thread's number is 0.
  const shares = (side: Side): ProfileShares => {
    const name = readdirSync(profiles[side]).find(
      (file) => !known.has(file) && /\.0\.\d+\.cpuprofile$/.test(file)
    )
    const profile = readFileSync(join(profiles[side], String(name)), 'utf8')
    return profileShares(JSON.parse(profile) as CpuProfile, window.before, window.after)
  }
  return { seeder: shares('seeder'), fetcher: shares('fetcher') }
}

const seen: { wall: number; threads: Both<Map<string, number>>; main: Both<ProfileShares> }[] = []
for (let i = 1; i <= runs; i++) {
  process.stderr.write(`run ${i} of ${runs}\n`)
  seen.push({ ...(await threadSeconds()), main: await mainShares() })
}

const both = (one: (side: Side, run: (typeof seen)[number]) => number): number[] =>
  SIDES.map((side) => median(seen.map((run) => one(side, run))))
const mainSeconds = (side: Side, run: (typeof seen)[number]): number => run.threads[side].get(MAIN) ?? 0
const mainRows = CATEGORIES.map((name) => ({
  name,
  values: both((side, run) => (run.main[side].shares.get(name) ?? 0) * mainSeconds(side, run))
}))
const threadRows = Object.entries(THREADS).map(([name, pattern]) => ({
  name,
  values: both((side, run) =>
    [...run.threads[side]].reduce((sum, [thread, seconds]) => sum + (pattern.test(thread) ? seconds : 0), 0)
  )
}))
const sum = (rows: typeof mainRows | typeof threadRows, i: number): number =>
  rows.reduce((total, { values }) => total + (values[i] ?? 0), 0)
const totals = SIDES.map((_, i) => ({ main: sum(mainRows, i), threads: sum(threadRows, i) }))
const idle = both((side, run) => run.main[side].idle)
const wall = median(seen.map((run) => run.wall))

const svg = barChart({
  title: 'Where the CPU time of a byte goes',
  x: `CPU seconds for each GiB of content; ${runs === 1 ? '1 transfer' : `median of ${runs} transfers`} of ${source.size / 1024 ** 2} MiB on loopback`,
  series: SIDES.map((side, i) => {
    const all = (totals[i]?.main ?? 0) + (totals[i]?.threads ?? 0)
    return `${side}: ${all.toFixed(2)} s; main thread idle ${Math.round((idle[i] ?? 0) * 100)} %`
  }),
  groups: [
    { name: 'main thread', rows: mainRows },
    { name: 'other threads', rows: threadRows.filter(({ values }) => values.some((value) => value > 0)) }
  ]
})
const folder = join(repositoryRoot, 'docs', 'plots')
mkdirSync(folder, { recursive: true })
writeFileSync(join(folder, 'transfer-cpu.svg'), svg)
process.stderr.write('docs/plots/transfer-cpu.svg\n')
process.stdout.write(
  `${JSON.stringify({ name: 'transfer-cpu', node: process.version, wall, idle, totals, rows: [...mainRows, ...threadRows] })}\n`
)

import { readdirSync, readFileSync } from 'node:fs'

/** Kernel ticks a second that `/proc` counts in; fixed at 100 on every Linux that Node runs on. */
const TICKS = 100

/** What a process has used since its start. */
export interface ProcessUsage {
  cpuSeconds: number
  /** Highest resident memory so far, in bytes. */
  peakRss: number
}

/** Reads what a live process has used; undefined where there is no Linux `/proc`, or no such process. */
export function processUsage(pid: number): ProcessUsage | undefined {
  try {
    const { cpuSeconds } = parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return { cpuSeconds, peakRss: Number(peak?.[1] ?? 0) * 1024 }
  } catch {
    return undefined
  }
}

/** Resident memory of a live process now, in bytes; NaN without `/proc`. */
export function residentMemory(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
  } catch {
    return Number.NaN
  }
}

/** {@link processUsage} as two figures of a benchmark: CPU seconds, and peak memory in MiB; NaN without `/proc`. */
export function usageFigures<Process extends string>(
  name: Process,
  pid: number
): Record<`${Process}Cpu` | `${Process}PeakMiB`, number> {
  const usage = processUsage(pid)
  const figures = {
    [`${name}Cpu`]: usage?.cpuSeconds ?? Number.NaN,
    [`${name}PeakMiB`]: (usage?.peakRss ?? Number.NaN) / 1024 ** 2
  }
  return figures as ReturnType<typeof usageFigures<Process>>
}

/**
 * CPU seconds of a live process by the names of its threads, as the kernel cuts them to 15 letters; threads of one
 * name are added up, and those that ended are not seen. Empty where there is no Linux `/proc`.
 */
export function threadUsage(pid: number): Map<string, number> {
  const usage = new Map<string, number>()
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const { name, cpuSeconds } = parseStat(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'))
      usage.set(name, (usage.get(name) ?? 0) + cpuSeconds)
    }
  } catch {
    // No such process any more, or a thread that just ended: what was read so far.
  }
  return usage
}

function parseStat(stat: string): { name: string; cpuSeconds: number } {
  // The name stands in parentheses and may itself hold spaces; utime and stime are fields 14 and 15 in all.
  const end = stat.lastIndexOf(')')
  const fields = stat.slice(end + 2).split(' ')
  const name = stat.slice(stat.indexOf('(') + 1, end)
  return { name, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS }
}

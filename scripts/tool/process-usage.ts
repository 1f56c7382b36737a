import { readFileSync } from 'node:fs'

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
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // Fields after the name in parentheses, which may itself hold spaces: utime and stime are 14 and 15 in all.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS,
      peakRss: Number(peak?.[1] ?? 0) * 1024
    }
  } catch {
    return undefined
  }
}

import { printable } from '@p2pshare/base'

/** Levels of the log, least first; as numbers in the file 20, 30, 40, 50. */
export const LOG_LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error']

/** Which lines are shown. */
export interface LogFilter {
  /** Index in {@link LOG_LEVELS} of the least. */
  least: number
  /** Of this area alone, and what lies in it; `dht` is each of the DHTs. */
  area?: string | undefined
}

/** Longest text of one field that is shown. */
const LONGEST = 400

/**
 * One line of the log for people: time, level, area, message, fields. A line that is not of the log's form (cut by a
 * crash) is shown as it is, escaped.
 *
 * @returns undefined for a line that is not wanted
 */
export function logLine(line: string, wanted: LogFilter): { text: string; fields: object } | undefined {
  const fields = parsed(line)
  if (fields === undefined) return { text: printable(line, LONGEST), fields: { text: line } }
  const { level, time, area, msg, ...rest } = fields
  const rank = Math.min(3, Math.max(0, Math.floor(Number(level) / 10) - 2))
  if (rank < wanted.least || !isOf(area, wanted.area)) return undefined
  const when = new Date(Number(time))
  const words = [
    Number.isNaN(when.getTime()) ? '?' : when.toISOString(),
    (LOG_LEVELS[rank] ?? '?').padEnd(5),
    area === undefined ? '' : `${shown(area)}:`,
    shown(msg),
    ...Object.entries(rest).map(([name, value]) => `${printable(name, 40)}=${shown(value)}`)
  ]
  return { text: words.filter((word) => word !== '').join(' '), fields }
}

/** Areas are written with those that they lie in: `network.reach`. */
function isOf(area: unknown, wanted: string | undefined): boolean {
  if (wanted === undefined) return true
  const path = typeof area === 'string' ? area.split('.') : []
  return path.some((name) => name === wanted || (wanted === 'dht' && name.endsWith('-dht')))
}

/** Errors by their message; the stack is in the file. */
function shown(value: unknown): string {
  if (typeof value === 'string') return printable(value, LONGEST)
  const message = (value as { message?: unknown } | null)?.message
  return printable(typeof message === 'string' ? message : (JSON.stringify(value) ?? ''), LONGEST)
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

import { printableJson, printableJsonText } from '@p2pshare/base'

/** Letters of a line of the log, without its end (threat A12). */
export const LONGEST_LINE = 4096
/** Lines of one kind: so many at once, then so many a second (threat A12). */
const BURST = 50
const PER_SECOND = 10
/** Kinds that are counted; those that were seen last. */
const KINDS = 500
/** Letters of a text and entries of a list that are kept of a line that is too long, one try after the other. */
const CUTS = [
  { text: 800, list: 20 },
  { text: 200, list: 5 },
  { text: 60, list: 2 }
] as const

/**
 * A line of JSON without characters that play tricks on a terminal; where it is too long, with its texts and lists cut,
 * which `cut` tells.
 */
export function boundedLine(line: string): string {
  const whole = printableJsonText(line)
  if (whole.length <= LONGEST_LINE) return whole
  const value = JSON.parse(line) as Record<string, unknown>
  for (const { text, list } of CUTS) {
    const cut = JSON.stringify({ ...value, cut: true }, (_, one: unknown) => {
      if (typeof one === 'string' && one.length > text) return `${one.slice(0, text).toWellFormed()}…`
      return Array.isArray(one) && one.length > list ? one.slice(0, list) : one
    })
    const shorter = printableJsonText(cut)
    if (shorter.length <= LONGEST_LINE) return shorter
  }
  const { level, time, area, msg } = value
  return printableJson({ level, time, area, msg: String(msg).slice(0, 600).toWellFormed(), cut: true })
}

interface Kind {
  /** Lines that may be written at `at`. */
  room: number
  at: number
  /** Lines that were left out since the last one. */
  leftOut: number
}

/** Keeps what strangers cause again and again from pushing everything else out of the log. */
export class LineFlood {
  readonly #now: () => number
  readonly #kinds = new Map<string, Kind>()

  /** @param now - monotonic, ms */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Whether a line of this kind is written now, and how many of its kind were left out before it. */
  admit(key: string): { leftOut: number } | undefined {
    const at = this.#now()
    const known = this.#kinds.get(key) ?? { room: BURST, at, leftOut: 0 }
    this.#kinds.delete(key)
    const room = Math.min(BURST, known.room + ((at - known.at) * PER_SECOND) / 1000)
    const passes = room >= 1
    this.#kinds.set(key, { room: passes ? room - 1 : room, at, leftOut: passes ? 0 : known.leftOut + 1 })
    const oldest = this.#kinds.keys().next().value
    if (this.#kinds.size > KINDS && oldest !== undefined) this.#kinds.delete(oldest)
    return passes ? { leftOut: known.leftOut } : undefined
  }
}

import type { Millis } from '@p2pshare/base'

/** Longest time that is still worth telling: 100 days. */
const LONGEST = 100 * 24 * 60 * 60 * 1000

/**
 * How long the rest will take at a rate, for display.
 *
 * @param remaining - bytes still to move
 * @param rate - bytes per second
 * @returns 0 when nothing remains; undefined when it can't be told (no rate, or beyond 100 days)
 */
export function timeLeft(remaining: number, rate: number): Millis | undefined {
  if (remaining <= 0) return 0 as Millis
  if (!(rate > 0)) return undefined
  const time = (remaining * 1000) / rate
  return time > LONGEST ? undefined : (Math.ceil(time) as Millis)
}

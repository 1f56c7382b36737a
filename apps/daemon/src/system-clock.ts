import { type Clock, type Millis, millis } from '@p2pshare/base'

/** Longest wait that a Node timer takes; longer ones would fire at once. */
const LONGEST: number = 2 ** 31 - 1

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => millis(performance.now()),
  wallTime: () => Date.now(),
  after(delay: Millis, run: () => void) {
    const timer = setTimeout(run, Math.min(Math.max(0, delay), LONGEST))
    return () => clearTimeout(timer)
  }
}

import { type Clock, millis } from '@p2pshare/base'

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => millis(performance.now()),
  wallTime: () => Date.now(),
  after: (delay, run) => {
    const timer = setTimeout(run, delay)
    return () => clearTimeout(timer)
  }
}

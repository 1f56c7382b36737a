import { type Clock, millis } from '@p2pshare/base'

/** How much sooner than usual watching may be told to be. */
const FASTEST = 100

/**
 * A clock on which all pauses of watching are shorter, so that tests of whole daemons need not wait for a file to
 * settle as long as a user's would. No user needs it: sooner only means that half-written files are shared.
 * @param pace - how many times as fast, from the environment (`P2PSHARE_WATCH_PACE`); anything else leaves it as it is
 */
export function hurriedClock(clock: Clock, pace: string | undefined): Clock {
  const times = Number(pace)
  if (!(times > 1 && times <= FASTEST)) return clock
  return {
    now: () => millis(clock.now() * times),
    wallTime: () => clock.wallTime(),
    after: (delay, run) => clock.after(millis(delay / times), run)
  }
}

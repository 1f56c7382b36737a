import { KiB, type Millis, MINUTE } from '@p2pshare/base'

/** For how long a job is watched before it is said to be stalled (qBittorrent's time of inactivity is the same). */
export const PACE_WINDOW: Millis = MINUTE
/**
 * Bytes that a job must bring in within the window, about 1 KiB/s: a single byte a minute, from a peer that means
 * harm, must not hold a place.
 */
export const LEAST_PROGRESS: number = 60 * KiB
/** Under a download limit below this, bytes per second, any byte is progress: slowness is the user's will then. */
export const SLOW_BY_WILL: number = 16 * KiB

/** How far one running job was when its window began. */
export interface JobPace {
  /** Monotonic ms. */
  readonly since: Millis
  /** Bytes that had come by then. */
  readonly bytes: number
  readonly stalled: boolean
}

/** A job that has just begun to run: it has the benefit of the doubt for one window. */
export function freshPace(bytes: number, now: Millis): JobPace {
  return { since: now, bytes, stalled: false }
}

/**
 * Looks at a running job; at any time, also rarely.
 * @param bytes - that have come since the job began, never fewer than before
 * @param limit - download limit that holds for it, bytes per second; undefined = none
 */
export function watchedPace(pace: JobPace, bytes: number, now: Millis, limit: number | undefined): JobPace {
  const least = limit !== undefined && limit < SLOW_BY_WILL ? 1 : LEAST_PROGRESS
  if (bytes - pace.bytes >= least) {
    // A stalled job moves again as soon as that is certain; one that moves is looked at again after a whole window.
    return pace.stalled || now - pace.since >= PACE_WINDOW ? freshPace(bytes, now) : pace
  }
  return now - pace.since >= PACE_WINDOW ? { since: now, bytes, stalled: true } : pace
}

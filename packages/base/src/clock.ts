import type { Millis } from './units.ts'

/**
 * The time as the shell sees it; tests and simulations hand in a virtual one.
 * Pure packages get `now` as an argument instead.
 */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin; never goes back, unaffected by clock changes. */
  now(): Millis
  /** Milliseconds since 1970 UTC, for display and for times that outlive the process. */
  wallTime(): number
  /** Calls `run` once, `delay` ms from now at the earliest; the answer cancels it. */
  after(delay: Millis, run: () => void): CancelTimer
}

/** Cancels a timer; calling it twice, or after the timer ran, does nothing. */
export type CancelTimer = () => void

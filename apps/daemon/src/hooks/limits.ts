/** What hooks may use. */
export interface HookLimits {
  /** Time that one may take, ms. */
  time: number
  /** Time from the request to end, at this limit or at the daemon's end, until it is ended by force, ms. */
  grace: number
  /** Hooks that run side by side; more would take the disk from the transfers. */
  atOnce: number
  /** Hooks that wait for their turn. */
  queued: number
  /** Bytes that are kept of what one prints, for the log. */
  output: number
}

export const HOOK_LIMITS: HookLimits = {
  time: 10 * 60_000,
  grace: 1000,
  atOnce: 2,
  queued: 1000,
  output: 4096
}

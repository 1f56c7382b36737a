/** A signal that fires when any of its parents does or after a time, and that can be let go. */
export interface BoundedSignal {
  readonly signal: AbortSignal
  /** Whether the time was up first. */
  readonly timedOut: boolean
  /** Ends the timer and forgets the parents. `AbortSignal.any` on long-lived parents leaks. */
  release(): void
}

/** Derives a signal from `parent` with a time limit in milliseconds; call `release` in a finally. */
export function boundedSignal(parent: AbortSignal, timeout: number): BoundedSignal {
  const controller = new AbortController()
  let timedOut = false
  const onAbort = (): void => controller.abort(parent.reason)
  const timer = setTimeout(() => {
    timedOut = true
    controller.abort(new DOMException('time is up', 'TimeoutError'))
  }, timeout)
  if (parent.aborted) onAbort()
  else parent.addEventListener('abort', onAbort, { once: true })
  return {
    signal: controller.signal,
    get timedOut() {
      return timedOut
    },
    release() {
      clearTimeout(timer)
      parent.removeEventListener('abort', onAbort)
    }
  }
}

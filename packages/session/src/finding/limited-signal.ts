import type { Clock, Millis } from '@p2pshare/base'

/** A signal that ends with its parent or after a time; `end` takes its timer back. */
export interface LimitedSignal {
  signal: AbortSignal
  end(): void
}

/** Derives a signal from `parent` that fires after `limit` at the latest; call `end` in a finally. */
export function limitedSignal(parent: AbortSignal, limit: Millis, clock: Clock): LimitedSignal {
  const own = new AbortController()
  const abort = (): void => own.abort()
  if (parent.aborted) abort()
  parent.addEventListener('abort', abort, { once: true })
  const cancel = clock.after(limit, abort)
  return {
    signal: own.signal,
    end: () => {
      cancel()
      parent.removeEventListener('abort', abort)
    }
  }
}

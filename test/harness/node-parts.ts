import { type Clock, millis } from '@p2pshare/base'
import type { KeyValueStore, Log } from '@p2pshare/ports'

/** The machine's clocks, for parts of the product that run in the test's own process. */
export const realClock: Clock = {
  now: () => millis(performance.now()),
  wallTime: () => Date.now(),
  after(delay, run) {
    const timer = setTimeout(run, delay)
    return () => clearTimeout(timer)
  }
}

/** A log that nobody reads. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLog
}

/** Values that live as long as the test. */
export function memoryValues(): KeyValueStore {
  const rows = new Map<string, Uint8Array>()
  return {
    get: (key) => rows.get(key),
    put: (key, value) => void rows.set(key, value),
    delete: (key) => void rows.delete(key),
    *query(prefix) {
      for (const key of [...rows.keys()].filter((each) => each.startsWith(prefix)).sort()) {
        const value = rows.get(key)
        if (value !== undefined) yield { key, value }
      }
    },
    batch(puts, deletes) {
      for (const { key, value } of puts) rows.set(key, value)
      for (const key of deletes) rows.delete(key)
    }
  }
}

import { type CancelTimer, type Clock, millis } from '@p2pshare/base'
import type { KeyValueStore } from '@p2pshare/ports'

/** Longest time that a value is held in memory only. */
const DELAY = millis(1000)

/**
 * Values whose last second may be lost at a kill, such as addresses of peers and how far announcing is: written
 * together, since a transaction for each makes the main thread wait for the disk, 2 to 10 ms, at every one of them.
 * They read as if they were written.
 */
export class WriteBehindValues implements KeyValueStore {
  readonly #values: KeyValueStore
  readonly #clock: Clock
  /** Undefined: to be deleted. */
  readonly #unwritten = new Map<string, Uint8Array | undefined>()
  #timer: CancelTimer | undefined
  #stopped = false

  constructor(values: KeyValueStore, clock: Clock) {
    this.#values = values
    this.#clock = clock
  }

  start(): void {
    this.#stopped = false
  }

  /** Writes all; what comes later is written at once. */
  stop(): void {
    this.#stopped = true
    this.#flush()
  }

  get(key: string): Uint8Array | undefined {
    return this.#unwritten.has(key) ? this.#unwritten.get(key) : this.#values.get(key)
  }

  put(key: string, value: Uint8Array): void {
    this.#unwritten.set(key, value)
    this.#arm()
  }

  delete(key: string): void {
    this.#unwritten.set(key, undefined)
    this.#arm()
  }

  query(prefix: string): Iterable<{ key: string; value: Uint8Array }> {
    this.#flush()
    return this.#values.query(prefix)
  }

  batch(puts: Iterable<{ key: string; value: Uint8Array }>, deletes: Iterable<string>): void {
    for (const { key, value } of puts) this.#unwritten.set(key, value)
    for (const key of deletes) this.#unwritten.set(key, undefined)
    this.#arm()
  }

  #arm(): void {
    if (this.#stopped) this.#flush()
    else this.#timer ??= this.#clock.after(DELAY, () => this.#flush())
  }

  #flush(): void {
    this.#timer?.()
    this.#timer = undefined
    if (this.#unwritten.size === 0) return
    const puts: { key: string; value: Uint8Array }[] = []
    const deletes: string[] = []
    for (const [key, value] of this.#unwritten) {
      if (value === undefined) deletes.push(key)
      else puts.push({ key, value })
    }
    this.#values.batch(puts, deletes)
    this.#unwritten.clear()
  }
}

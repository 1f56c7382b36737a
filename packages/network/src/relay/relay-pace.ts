import { type CancelTimer, type Clock, type Millis, millis } from '@p2pshare/base'
import { RELAY } from '../limits/index.ts'

/** Least that is worth handing on by itself, bytes. */
const LEAST = 4096
/** Time whose bytes may go at once after a pause, ms. */
const BURST = 250

/** Holds all connections that are relayed as data to one rate, in turns. */
export class RelayPace {
  readonly #clock: Clock
  #rate: number | null
  #tokens = 0
  #at: Millis
  #waiting = new Set<() => void>()
  #timer: CancelTimer | undefined

  /** @param rate - bytes per second; null = no bound */
  constructor(clock: Clock, rate: number | null) {
    this.#clock = clock
    this.#rate = rate
    this.#at = clock.now()
  }

  change(rate: number | null): void {
    this.#refill()
    this.#rate = rate
    this.#wake()
  }

  /** How many of these bytes may go now; 0: see {@link wait}. */
  take(wanted: number): number {
    if (this.#rate === null) return wanted
    this.#refill()
    const allowed = Math.min(wanted, Math.floor(this.#tokens))
    if (allowed < Math.min(wanted, LEAST)) return 0
    this.#tokens -= allowed
    return allowed
  }

  /** Bytes that were taken and not sent. */
  giveBack(bytes: number): void {
    this.#tokens += bytes
  }

  /** Calls `run` once, when it is worth to ask again; the same function waits once. */
  wait(run: () => void): void {
    this.#waiting.add(run)
    if (this.#rate === null) return this.#wake()
    const missing = Math.max(1, Math.min(LEAST, this.#most()) - this.#tokens)
    this.#timer ??= this.#clock.after(millis(Math.ceil((missing * 1000) / this.#rate)), () => this.#wake())
  }

  /** Nobody waits any more. */
  forget(run: () => void): void {
    this.#waiting.delete(run)
  }

  stop(): void {
    this.#timer?.()
    this.#timer = undefined
    this.#waiting.clear()
  }

  #wake(): void {
    this.#timer?.()
    this.#timer = undefined
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const run of waiting) run()
  }

  #refill(): void {
    const now = this.#clock.now()
    if (this.#rate !== null)
      this.#tokens = Math.min(this.#most(), this.#tokens + ((now - this.#at) * this.#rate) / 1000)
    this.#at = now
  }

  #most(): number {
    return Math.max(RELAY.slice, ((this.#rate ?? 0) * BURST) / 1000)
  }
}

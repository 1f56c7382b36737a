import { type CancelTimer, type Clock, type Millis, millis } from '@p2pshare/base'
import { RELAY } from '../limits/index.ts'

/** Least that is worth handing on by itself, bytes. */
const LEAST = 4096
/** Bytes for which somebody who waits is woken. */
const WORTH_WAKING = 16 * 1024
/** Time whose bytes may go at once after a pause, ms. */
const BURST = 250

/** Holds all connections that are relayed as data to one rate, in turns. */
export class RelayPace {
  readonly #clock: Clock
  #rate: number | null
  #tokens = 0
  #at: Millis
  readonly #waiting = new Set<() => void>()
  #waking = false
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

  /** How many of these bytes may go now; 0: see {@link wait}. Who did not wait does not overtake those who do. */
  take(wanted: number): number {
    if (this.#rate === null) return wanted
    this.#refill()
    const overtakes = this.#waiting.size > 0 && !this.#waking
    const allowed = Math.min(wanted, Math.floor(this.#tokens))
    if (overtakes || allowed < Math.min(wanted, LEAST)) return 0
    this.#tokens -= allowed
    return allowed
  }

  /** Bytes that were taken and not sent. */
  giveBack(bytes: number): void {
    this.#tokens += bytes
  }

  /** Calls `run` once, in its turn, when it is worth to ask again; the same function waits once. */
  wait(run: () => void): void {
    this.#waiting.add(run)
    if (!this.#waking) this.#arm()
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

  #arm(): void {
    if (this.#timer !== undefined || this.#waiting.size === 0) return
    const missing = this.#rate === null ? 0 : Math.min(WORTH_WAKING, this.#most()) - this.#tokens
    const delay = Math.max(1, Math.ceil((missing * 1000) / (this.#rate ?? 1)))
    this.#timer = this.#clock.after(millis(delay), () => this.#wake())
  }

  /** Those who waited longest first, as far as it reaches. */
  #wake(): void {
    this.#timer?.()
    this.#timer = undefined
    this.#waking = true
    this.#refill()
    let turns = this.#waiting.size
    for (const run of this.#waiting) {
      if (turns-- === 0 || (this.#rate !== null && this.#tokens < LEAST)) break
      this.#waiting.delete(run)
      run()
    }
    this.#waking = false
    this.#arm()
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

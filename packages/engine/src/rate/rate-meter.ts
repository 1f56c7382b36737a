import type { ByteRate, Millis } from '@p2pshare/base'

const SLOTS = 20

/**
 * Bytes per second over a sliding window, in 20 slots. While the meter is younger than its window
 * it divides by its age, so a new transfer shows its true rate at once.
 */
export class RateMeter {
  readonly #slot: number
  readonly #bytes = new Float64Array(SLOTS)
  #newest = -1
  #since: number | undefined
  #sum = 0
  #total = 0

  /** @param window - milliseconds that count, e.g. 5,000 for display, 1,000 for request windows */
  constructor(window = 5000) {
    this.#slot = window / SLOTS
  }

  /** All bytes ever added. */
  get total(): number {
    return this.#total
  }

  /** Adds bytes that were moved at `now`; time never goes back. */
  add(bytes: number, now: Millis): void {
    this.#advance(now)
    if (this.#since === undefined) this.#since = now
    const i = this.#newest % SLOTS
    this.#bytes[i] = (this.#bytes[i] ?? 0) + bytes
    this.#sum += bytes
    this.#total += bytes
  }

  /** The rate at `now`; 0 when nothing moved within the window. */
  rate(now: Millis): ByteRate {
    this.#advance(now)
    if (this.#since === undefined || this.#sum <= 0) return 0 as ByteRate
    const covered = (SLOTS - 1) * this.#slot + (now - this.#newest * this.#slot)
    const age = Math.max(now - this.#since, 2 * this.#slot)
    return ((this.#sum * 1000) / Math.min(covered, age)) as ByteRate
  }

  /** Milliseconds since the first byte after the last silence of a whole window; 0 when silent. */
  age(now: Millis): Millis {
    this.#advance(now)
    return (this.#since === undefined ? 0 : now - this.#since) as Millis
  }

  #advance(now: Millis): void {
    const slot = Math.floor(now / this.#slot)
    if (slot <= this.#newest) return
    if (slot - this.#newest >= SLOTS) this.#clear()
    else for (let s = this.#newest + 1; s <= slot; s++) this.#drop(s % SLOTS)
    this.#newest = slot
    if (this.#sum <= 0) this.#since = undefined
  }

  #drop(i: number): void {
    this.#sum -= this.#bytes[i] ?? 0
    this.#bytes[i] = 0
  }

  #clear(): void {
    this.#bytes.fill(0)
    this.#sum = 0
  }
}

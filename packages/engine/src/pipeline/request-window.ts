import { type Bytes, bytes, KiB, type Millis, MiB } from '@p2pshare/base'
import { RateMeter } from '../rate/rate-meter.ts'

/** Smallest and largest window, and where slow start begins, in bytes. */
const LEAST = 512 * KiB
const MOST = 16 * MiB
const START = MiB
/** Round trip assumed until one is measured. */
const ASSUMED_RTT = 100
/**
 * Time that the other side may need between a request and its first byte beside the round trip
 * (disk, hashing, its event loop); its worth in bytes is added to the window.
 */
const SERVICE_TIME = 40
/**
 * Round trips that an answer may take on a path that loses packets: two more than on a smooth one, for what TCP holds
 * back behind a gap, and behind one that is lost again. With two in all, a path of 100 Mbit/s with 100 ms and 2 %
 * losses gave 0.8 of what TCP did there. Slow peers have as much in the 512 KiB.
 */
const GAPPY_TRIPS = 4
/** Time over which the rate is measured. */
const METERED = 1000
/** How many round-trip samples the minimum is taken of. */
const SAMPLES = 8

/**
 * How many bytes may be asked of one peer and not yet received: rate × (2 × round trip + service
 * time) + 512 KiB, or rate × (4 × round trip + service time) where that is more, within 512 KiB … 16 MiB.
 * While the window is what limits the rate, the formula gives more than twice the present window, so
 * it grows exponentially; when the peer or the path limits it, the window stays at two to four times
 * of what is in flight. The least of the last eight round trips counts, so that queues on the way do
 * not blow the window up (as in BBR).
 * Slow start: 1 MiB at first, doubled with each window received until the formula says less.
 */
export class RequestWindow {
  readonly #meter = new RateMeter(METERED)
  readonly #rtts: number[] = []
  #starting = true
  #window = START
  #received = 0
  #askedIdleAt: number | undefined
  /** When bytes last came in, or began to be waited for. */
  #waitingSince = 0
  #lastRate: number | undefined

  /** A round trip was measured. */
  onRoundTrip(rtt: Millis): void {
    if (!(rtt >= 0) || !Number.isFinite(rtt)) return
    this.#rtts.push(rtt)
    if (this.#rtts.length > SAMPLES) this.#rtts.shift()
  }

  /** A request leaves; `idle`: nothing else was under way, so its first byte times a round trip. */
  onRequest(idle: boolean, now: Millis): void {
    if (!idle) return
    this.#askedIdleAt = now
    this.#waitingSince = now
  }

  /** Bytes came in. */
  onReceived(count: number, now: Millis): void {
    this.#meter.add(count, now)
    const gap = now - this.#waitingSince
    // Of a trickle the meter, which forgets after a second, would see only bursts.
    this.#lastRate = gap >= METERED ? (count * 1000) / gap : this.#meter.rate(now)
    this.#waitingSince = now
    if (this.#askedIdleAt !== undefined) {
      if (this.#rtts.length === 0) this.onRoundTrip((now - this.#askedIdleAt) as Millis)
      this.#askedIdleAt = undefined
    }
    if (!this.#starting) return
    this.#received += count
    if (this.#received >= this.#window) {
      this.#received = 0
      this.#window = Math.min(MOST, this.#window * 2)
      // Before half a second has passed the rate still tells more about the start than the path.
      if (this.#meter.age(now) >= 500 && this.#target(now) < this.#window) this.#starting = false
    }
  }

  /** Smoothed bytes per second of the last second. */
  rate(now: Millis): number {
    return this.#meter.rate(now)
  }

  /** What the peer would probably deliver if asked: its last measured rate in bytes/s, above 0, or 1 MiB/s when never measured. */
  get expectedRate(): number {
    return this.#lastRate ?? MiB
  }

  /** The round trip that counts, in milliseconds. */
  get roundTrip(): number {
    return this.#rtts.length === 0 ? ASSUMED_RTT : Math.min(...this.#rtts)
  }

  /** The window at `now`. */
  size(now: Millis): Bytes {
    return bytes(this.#starting ? this.#window : this.#target(now))
  }

  #target(now: Millis): number {
    const rate = this.#meter.rate(now) / 1000
    const smooth = rate * (2 * this.roundTrip + SERVICE_TIME) + LEAST
    const gappy = rate * (GAPPY_TRIPS * this.roundTrip + SERVICE_TIME)
    return Math.round(Math.min(MOST, Math.max(smooth, gappy)))
  }
}

import { KiB, type Millis } from '@p2pshare/base'

/** Bytes in service at first, and never fewer. */
const LEAST = 512 * KiB
/** At high rates: what leaves in this many ms is in service at once, so that the disk is not waited for. */
const AHEAD = 100
/** A step of the window; and the gain of rate that makes it worth keeping. */
const STEP = 2
const WORTH = 1.3
/** The part of the rate that must be left after a step down. */
const KEPT = 0.95
/** A rate is compared after this many ms, and this many windows. */
const LEAST_TRIAL = 1000
const TRIAL_WINDOWS = 2
/** Comparisons without a trial after a step that did not pay. */
const PAUSE = 4

/**
 * How many bytes should be in service at once. With too few, slow receivers leave our uplink idle;
 * with too many, every receiver gets a trickle and none a whole piece. So the window is doubled for
 * a while, now and then, and stays doubled only if the rate grows by 30 %: where the uplink is the
 * bottleneck it does not. It is halved likewise, and stays so if the rate keeps 95 % (hill climbing;
 * TCP Vegas and BBR probe for bandwidth and delay in the same way).
 */
export class ServiceWindow {
  readonly #most: number
  #window = LEAST
  /** The step that is being tried. */
  #trial: { before: number; up: boolean } | undefined
  #up = true
  #rate = 0
  #pause = 0
  #sent = 0
  #since: Millis | undefined
  #pressed = false

  /** @param most - bytes; the window never grows beyond */
  constructor(most: number) {
    this.#most = most
  }

  /** Bytes that may be in service now. */
  get size(): number {
    return Math.min(this.#most, Math.max(LEAST, this.#window, (this.#rate * AHEAD) / 1000))
  }

  /** Bytes per second at the last comparison; 0 before. */
  get rate(): number {
    return this.#rate
  }

  /** A request had to wait for the window. */
  press(): void {
    this.#pressed = true
  }

  /** Bytes left. */
  sent(bytes: number, now: Millis): void {
    if (this.#since === undefined) {
      this.#since = now
      return
    }
    this.#sent += bytes
    const time = now - this.#since
    if (time < LEAST_TRIAL || this.#sent < TRIAL_WINDOWS * this.size) return
    this.#compare((this.#sent * 1000) / time)
    this.#since = now
    this.#sent = 0
    this.#pressed = false
  }

  /** Nothing is in service: idle time is no sign of a slow uplink. */
  idle(): void {
    this.#since = undefined
    this.#sent = 0
    this.#pressed = false
  }

  #compare(rate: number): void {
    const trial = this.#trial
    this.#trial = undefined
    if (trial !== undefined && rate < this.#rate * (trial.up ? WORTH : KEPT)) {
      this.#window = trial.before
      this.#pause = PAUSE
      this.#up = !trial.up
      return
    }
    this.#rate = rate
    if (this.#pause > 0) this.#pause--
    // A window that nobody waits for can only be too wide.
    else this.#try(this.#pressed && this.#up)
  }

  #try(up: boolean): void {
    const next = up ? this.size * STEP : this.#window / STEP
    const window = Math.min(this.#most, Math.max(LEAST, next))
    if (window === this.#window) this.#up = !up
    else this.#trial = { before: this.#window, up }
    this.#window = window
  }
}

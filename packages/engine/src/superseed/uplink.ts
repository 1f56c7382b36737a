import type { Millis } from '@p2pshare/base'
import { Lately } from './offered-peer.ts'
import type { SuperSeedLimits } from './super-seed-limits.ts'

/**
 * How many bytes may be offered and not yet sent, over all peers. Few, so that the first pieces
 * are whole soon and can be passed on; but enough that our line never waits. What was sent lately
 * says how much that is, and where it doesn't (many slow peers) trying does: the room grows for as
 * long as more room makes more flow.
 */
export class Uplink {
  readonly #limits: SuperSeedLimits
  readonly #lately: Lately
  /** In offers. */
  #least: number
  #best = 0
  #trying = false
  #bytes = 0
  #since: Millis | undefined
  #pauses = 0

  constructor(limits: SuperSeedLimits) {
    this.#limits = limits
    this.#least = limits.leastOpen
    this.#lately = new Lately(limits.horizon)
  }

  sent(bytes: number, now: Millis): void {
    this.#lately.add(bytes, now)
    this.#bytes += bytes
    this.#since ??= now
  }

  /** Bytes that may be open now. */
  room(now: Millis): number {
    return Math.max(this.#least * this.#limits.offerBytes, 2 * this.#lately.at(now))
  }

  /** Looks, about once a second, whether more room made more flow. */
  tick(now: Millis, openBytes: number): void {
    const { tryFor, offerBytes, growth, leastOpen } = this.#limits
    if (this.#since === undefined || now - this.#since < tryFor) return
    const rate = this.#bytes / (now - this.#since)
    const full = openBytes + offerBytes > this.#least * offerBytes
    this.#since = now
    this.#bytes = 0
    if (rate > this.#best * growth) {
      this.#best = rate
      this.#pauses = 0
      this.#trying = full
      if (full) this.#least = Math.ceil(this.#least * 1.5)
    } else if (this.#trying) {
      this.#trying = false
      this.#least = Math.max(leastOpen, Math.floor(this.#least / 1.5))
    } else if (full && ++this.#pauses >= this.#limits.pauses) {
      this.#pauses = 0
      this.#best = rate
      this.#trying = true
      this.#least = Math.ceil(this.#least * 1.5)
    }
  }
}

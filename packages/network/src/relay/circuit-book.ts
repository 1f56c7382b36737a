import type { Millis } from '@p2pshare/base'
import { MINUTE } from '@p2pshare/base'
import type { PeerName } from '@p2pshare/ports'
import { RELAY } from '../limits/index.ts'

/** The two ends of a relayed connection. */
export interface CircuitEnds {
  source: PeerName
  target: PeerName
  /** Address blocks of the ends; undefined for this machine, which is not counted. */
  sourceBlock: string | undefined
  targetBlock: string | undefined
}

/** Counts relayed connections, those that are being opened included. Pure. */
export class CircuitBook {
  readonly #open = new Set<CircuitEnds>()
  readonly #begun = new Allowance(RELAY.circuitsPerMinute)

  get size(): number {
    return this.#open.size
  }

  /** Enters one more, or says why there may be none; {@link close} takes it out again. */
  open(ends: CircuitEnds, most: number, now: Millis): 'opened' | 'circuits' | 'address-block' | 'too-often' {
    if (this.#open.size >= most || this.#isFull(ends)) return 'circuits'
    if (this.#isBlockFull(ends)) return 'address-block'
    if (!this.#begun.take(now)) return 'too-often'
    this.#open.add(ends)
    return 'opened'
  }

  #isFull({ source, target }: CircuitEnds): boolean {
    return (
      this.#countOf((each) => each.source === source) >= RELAY.circuitsPerSource ||
      this.#countOf((each) => each.target === target) >= RELAY.circuitsPerTarget ||
      this.#countOf((each) => each.source === source && each.target === target) >= RELAY.circuitsPerPair
    )
  }

  #isBlockFull({ sourceBlock: block, target }: CircuitEnds): boolean {
    if (block === undefined) return false
    const ofBlock = (each: CircuitEnds): boolean => each.sourceBlock === block
    return (
      this.#countOf(ofBlock) >= RELAY.circuitsPerBlock ||
      this.#countOf((each) => ofBlock(each) && each.target === target) >= RELAY.circuitsPerTargetOfBlock
    )
  }

  close(ends: CircuitEnds): void {
    this.#open.delete(ends)
  }

  /** At most {@link RELAY.dataCircuits} steps. */
  #countOf(counts: (ends: CircuitEnds) => boolean): number {
    let count = 0
    for (const ends of this.#open) if (counts(ends)) count++
    return count
  }
}

/** So many of something a minute, and as many at once after a pause. Pure. */
export class Allowance {
  readonly #perMinute: number
  #left: number
  #refused = 0
  #at: Millis | undefined

  constructor(perMinute: number) {
    this.#perMinute = perMinute
    this.#left = perMinute
  }

  /** How many were not allowed. */
  get refused(): number {
    return this.#refused
  }

  /** Whether one more is allowed now; it is counted then. */
  take(now: Millis): boolean {
    const passed = now - (this.#at ?? now)
    this.#at = now
    this.#left = Math.min(this.#perMinute, this.#left + (passed * this.#perMinute) / MINUTE)
    if (this.#left < 1) {
      this.#refused++
      return false
    }
    this.#left--
    return true
  }
}

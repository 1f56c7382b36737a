import { CLOCK_WATCH } from '../../limits/index.ts'

/** What one peer's clock said. */
interface Sample {
  /** That peer's wall time, less our monotonic time: what must be added to the latter to have the former. */
  base: number
  /** Monotonic ms of the answer. */
  at: number
}

/**
 * How far our wall clock is ahead of that of others, as the median of what peers said: most of them would have to lie
 * together to shift it. Pure. Samples outlive a change of our own clock, since they are kept against monotonic time.
 */
export class ClockSamples {
  /** By voice: an address block, or a peer of the LAN; oldest first. */
  readonly #samples = new Map<string, Sample>()

  /**
   * Takes an answer.
   * @param theirs - wall time of the peer, ms since 1970
   * @param asked - monotonic ms at which the question left; `answered` likewise
   */
  take(voice: string, theirs: number, asked: number, answered: number): void {
    const trip = answered - asked
    if (!Number.isSafeInteger(theirs) || theirs < 0 || trip < 0 || trip > CLOCK_WATCH.maxRoundTrip) return
    this.#samples.delete(voice)
    this.#samples.set(voice, { base: theirs - (asked + trip / 2), at: answered })
    for (const oldest of this.#samples.keys())
      if (this.#samples.size > CLOCK_WATCH.maxPeers) this.#samples.delete(oldest)
  }

  /** Whether a voice should be asked. */
  wants(voice: string, now: number): boolean {
    const known = this.#samples.get(voice)
    return known === undefined
      ? this.#samples.size < CLOCK_WATCH.maxPeers
      : now - known.at >= CLOCK_WATCH.renewal
  }

  /**
   * Ms that we are ahead (negative: behind).
   * @returns undefined with fewer than {@link CLOCK_WATCH.minPeers} voices
   */
  offset(wallTime: number, now: number): number | undefined {
    if (this.#samples.size < CLOCK_WATCH.minPeers) return undefined
    const offsets = [...this.#samples.values()]
      .map(({ base }) => wallTime - (base + now))
      .toSorted((a, b) => a - b)
    const middle = offsets[Math.floor((offsets.length - 1) / 2)]
    return middle === undefined ? undefined : Math.round(middle)
  }
}

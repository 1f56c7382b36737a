import { isIPv6 } from 'node:net'
import { REACH } from '../limits/index.ts'

/**
 * Hosts that other peers see us at. Only hosts: the port that they see belongs to a connection that we opened, and
 * nobody listens there. Pure; each address block has one voice, which is its newest word.
 */
export class ObservedHosts {
  /** Oldest first. */
  readonly #seenBy = new Map<string, string>()

  /**
   * @param host - public IP literal
   * @param block - address block of the peer that says so
   */
  note(host: string, block: string): void {
    this.#seenBy.delete(block)
    this.#seenBy.set(block, host)
    for (const oldest of this.#seenBy.keys())
      if (this.#seenBy.size > REACH.maxObservedHosts * REACH.maxVouchers) this.#seenBy.delete(oldest)
  }

  /** Forgets everything: our way out has changed. */
  clear(): void {
    this.#seenBy.clear()
  }

  /** The hosts that most say, at most {@link REACH.observedTaken} of each IP family. */
  likely(): string[] {
    const voices = new Map<string, number>()
    for (const host of this.#seenBy.values()) voices.set(host, (voices.get(host) ?? 0) + 1)
    const ranked = [...voices].toSorted(([, a], [, b]) => b - a).map(([host]) => host)
    return [true, false].flatMap((six) =>
      ranked.filter((host) => isIPv6(host) === six).slice(0, REACH.observedTaken)
    )
  }
}

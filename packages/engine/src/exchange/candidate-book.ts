import { invariant } from '@p2pshare/base'

interface Entry {
  readonly teller: string
  sequence: bigint
}

/**
 * Whom others have told us of for one share, so that nothing is tried twice, the newest record of a
 * peer wins, and memory is bounded. When full, whoever told most loses its oldest word: a teller of
 * a thousand invented peers crowds out only its own.
 */
export class CandidateBook {
  readonly #most: number
  readonly #entries = new Map<string, Entry>()
  readonly #told = new Map<string, number>()

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#entries.size
  }

  /** Notes what `teller` says of `peer` (any name of a record); false when we know this or a newer record already. */
  add(teller: string, peer: string, sequence: bigint): boolean {
    const known = this.#entries.get(peer)
    if (known !== undefined) {
      if (sequence <= known.sequence) return false
      known.sequence = sequence
      return true
    }
    if (this.#entries.size >= this.#most) this.#makeRoom(teller)
    this.#entries.set(peer, { teller, sequence })
    this.#told.set(teller, (this.#told.get(teller) ?? 0) + 1)
    return true
  }

  /** Throws when a bound does not hold; for tests. */
  checkInvariants(): void {
    invariant(this.#entries.size <= this.#most, 'too many candidates')
    const counts = new Map<string, number>()
    for (const { teller } of this.#entries.values()) counts.set(teller, (counts.get(teller) ?? 0) + 1)
    invariant(counts.size === this.#told.size, 'a teller of nobody is remembered')
    for (const [teller, count] of counts) invariant(this.#told.get(teller) === count, 'miscounted')
  }

  /** Drops the oldest entry of the teller with the most, the newcomer's included. */
  #makeRoom(newcomer: string): void {
    let heaviest = newcomer
    let weight = (this.#told.get(newcomer) ?? 0) + 1
    for (const [teller, count] of this.#told) {
      if (count > weight) {
        heaviest = teller
        weight = count
      }
    }
    // Nobody told more than the newcomer, and the newcomer nothing yet: the oldest word goes.
    const victim = this.#oldestOf(heaviest) ?? this.#entries.keys().next().value
    if (victim !== undefined) this.#drop(victim)
  }

  #oldestOf(teller: string): string | undefined {
    for (const [peer, entry] of this.#entries) if (entry.teller === teller) return peer
    return undefined
  }

  #drop(peer: string): void {
    const teller = this.#entries.get(peer)?.teller
    this.#entries.delete(peer)
    if (teller === undefined) return
    const left = (this.#told.get(teller) ?? 1) - 1
    if (left === 0) this.#told.delete(teller)
    else this.#told.set(teller, left)
  }
}

import { type Millis, millis, type Rng } from '@p2pshare/base'

/** Rest after the first failed dial of a peer, doubling up to the longest, each ± 25 %, ms. */
export const BACK_OFF = 2000
export const LONGEST_BACK_OFF = 600_000
/** Times in a row that a peer was named as provider and lacked the share, after which it comes last (threat D6). */
const FALSEHOODS = 3
/** Peers remembered; who was not heard of for longest is forgotten first. */
const MOST = 10_000

interface Entry {
  failures: number
  falsehoods: number
  notBefore: Millis
}

/** What a node remembers of dialling peers, for all of its shares: a dead one is not dialled anew for each. */
export class PeerMemory {
  readonly #rng: Rng
  readonly #entries = new Map<string, Entry>()

  constructor(init: { rng: Rng }) {
    this.#rng = init.rng
  }

  get size(): number {
    return this.#entries.size
  }

  /** Dials in a row that came to nothing. */
  failures(peer: string): number {
    return this.#entries.get(peer)?.failures ?? 0
  }

  /** Until when the peer is left alone; 0: it may be dialled. */
  restsUntil(peer: string): Millis {
    return this.#entries.get(peer)?.notBefore ?? millis(0)
  }

  /** Whether it was named as provider time and again, and never had what was sought. */
  isUnreliable(peer: string): boolean {
    return (this.#entries.get(peer)?.falsehoods ?? 0) >= FALSEHOODS
  }

  failed(peer: string, now: Millis): void {
    const entry = this.#touch(peer)
    const wait = backOff(entry.failures, this.#rng)
    entry.failures++
    entry.notBefore = millis(Math.max(entry.notBefore, now + wait))
  }

  reached(peer: string): void {
    const entry = this.#entries.get(peer)
    if (entry === undefined) return
    entry.failures = 0
    entry.notBefore = millis(0)
    if (entry.falsehoods === 0) this.#entries.delete(peer)
  }

  /** It lacks what it was named for. */
  lacked(peer: string): void {
    this.#touch(peer).falsehoods++
  }

  /** It has what it was named for. */
  had(peer: string): void {
    const entry = this.#entries.get(peer)
    if (entry === undefined) return
    entry.falsehoods = 0
    if (entry.failures === 0) this.#entries.delete(peer)
  }

  /** A new address of the peer became known: it is worth another try soon. */
  renewed(peer: string, now: Millis): void {
    const entry = this.#entries.get(peer)
    if (entry !== undefined) entry.notBefore = millis(Math.min(entry.notBefore, now + BACK_OFF))
  }

  /** This machine is in another network now, or back in one: nothing that failed before says anything. */
  forgive(): void {
    for (const [peer, entry] of [...this.#entries]) {
      entry.failures = 0
      entry.notBefore = millis(0)
      if (entry.falsehoods === 0) this.#entries.delete(peer)
    }
  }

  #touch(peer: string): Entry {
    const entry = this.#entries.get(peer) ?? { failures: 0, falsehoods: 0, notBefore: millis(0) }
    this.#entries.delete(peer)
    this.#entries.set(peer, entry)
    const [oldest] = this.#entries.keys()
    if (this.#entries.size > MOST && oldest !== undefined) this.#entries.delete(oldest)
    return entry
  }
}

/** The rest after `failures` earlier ones in a row, ms. */
export function backOff(failures: number, rng: Rng): number {
  const base = Math.min(LONGEST_BACK_OFF, BACK_OFF * 2 ** Math.min(failures, 20))
  return Math.round(base * (0.75 + rng.below(500) / 1000))
}

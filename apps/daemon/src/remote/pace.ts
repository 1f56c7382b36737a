import { type Allowance, PEERS_REMEMBERED } from './limits.ts'

/** What is left of an allowance. */
interface Tokens {
  left: number
  /** Monotonic ms. */
  at: number
}

/** How often each of many peers, and all together, may do something. Its memory is bounded. Pure. */
export class Pace {
  readonly #own: Allowance
  readonly #all: Allowance
  readonly #peers = new Map<string, Tokens>()
  readonly #total: Tokens

  constructor({ own, all }: { own: Allowance; all: Allowance }) {
    this.#own = own
    this.#all = all
    this.#total = { left: all.burst, at: 0 }
  }

  /** Whether the peer may now; then it counts. One that may not costs the others nothing. @param now - monotonic ms */
  take(peer: string, now: number): boolean {
    const known = this.#peers.get(peer) ?? { left: this.#own.burst, at: now }
    // Set anew, so that the map is in order of use.
    this.#peers.delete(peer)
    this.#peers.set(peer, known)
    const [oldest] = this.#peers.keys()
    if (this.#peers.size > PEERS_REMEMBERED && oldest !== undefined) this.#peers.delete(oldest)
    refill(known, this.#own, now)
    refill(this.#total, this.#all, now)
    if (known.left < 1 || this.#total.left < 1) return false
    known.left--
    this.#total.left--
    return true
  }
}

function refill(tokens: Tokens, { burst, every }: Allowance, now: number): void {
  tokens.left = Math.min(burst, tokens.left + Math.max(0, now - tokens.at) / every)
  tokens.at = now
}

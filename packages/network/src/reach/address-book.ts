import type { AddressCondition } from '@p2pshare/ports'
import { REACH } from '../limits/index.ts'

/** Where a candidate comes from; who is first in this list names an address that several gave. */
const ORIGINS = ['configured', 'mapped', 'listen', 'observed'] as const
/** See {@link ORIGINS}. */
export type CandidateOrigin = (typeof ORIGINS)[number]

/** What somebody found who tried to dial an address. */
interface Opinion {
  worked: boolean
  /** Monotonic ms. */
  at: number
}

interface Candidate {
  origin: CandidateOrigin
  /** By the address block of who tried: many peers of one block are one voice. */
  opinions: Map<string, Opinion>
}

/**
 * The public addresses that may be this node's, and what others found who dialled them. Decides which are told to
 * others, and what is to be asked next. Pure; times are monotonic ms.
 *
 * An address counts as working while more address blocks than not said so within the last {@link REACH.memory}: one
 * lie is outvoted by the next honest peer, and up to {@link REACH.opinions} are asked.
 */
export class AddressBook {
  readonly #candidates = new Map<string, Candidate>()

  /**
   * Sets all candidates of one origin; those that are gone are forgotten with all that was found about them.
   * @param addresses - multiaddrs without a peer id, public ones, best first
   */
  offer(origin: CandidateOrigin, addresses: readonly string[]): void {
    for (const [address, candidate] of this.#candidates)
      if (candidate.origin === origin && !addresses.includes(address)) this.#candidates.delete(address)
    for (const address of addresses) {
      const known = this.#candidates.get(address)
      if (known === undefined) {
        if (this.#candidates.size < REACH.maxCandidates)
          this.#candidates.set(address, { origin, opinions: new Map() })
      } else if (ORIGINS.indexOf(origin) < ORIGINS.indexOf(known.origin)) known.origin = origin
    }
  }

  /** Notes that somebody of an address block dialled an address of ours, or could not. */
  note(address: string, block: string, worked: boolean, now: number): void {
    const opinions = this.#candidates.get(address)?.opinions
    if (opinions === undefined) return
    opinions.delete(block)
    opinions.set(block, { worked, at: now })
    // The oldest is the first of the map.
    for (const oldest of opinions.keys()) if (opinions.size > REACH.maxVouchers) opinions.delete(oldest)
  }

  /** Addresses about which somebody of this address block may be asked now, the least known first. */
  due(block: string, now: number): string[] {
    return [...this.#candidates]
      .filter(([, { opinions }]) => isDue(opinions, block, now))
      .toSorted(([, a], [, b]) => a.opinions.size - b.opinions.size)
      .map(([address]) => address)
  }

  /** Whether an address is known to work. */
  isVerified(address: string, now: number): boolean {
    return this.#verdict(address, now) === 'yes'
  }

  /** Addresses to tell to others. */
  verified(now: number): string[] {
    return [...this.#candidates.keys()].filter((address) => this.isVerified(address, now))
  }

  /** All candidates, working ones first. */
  conditions(now: number): AddressCondition[] {
    const order = { yes: 0, pending: 1, no: 2 }
    return [...this.#candidates]
      .map(([address, { origin }]) => ({ address, origin, verified: this.#verdict(address, now) }))
      .toSorted((a, b) => order[a.verified] - order[b.verified])
  }

  #verdict(address: string, now: number): 'yes' | 'no' | 'pending' {
    const opinions = [...(this.#candidates.get(address)?.opinions.values() ?? [])]
    const fresh = opinions.filter(({ at }) => now - at < REACH.memory)
    if (fresh.length === 0) return 'pending'
    const worked = fresh.filter((opinion) => opinion.worked).length
    const failed = fresh.length - worked
    if (worked === failed) return fresh.at(-1)?.worked === true ? 'yes' : 'no'
    return worked > failed ? 'yes' : 'no'
  }
}

function isDue(opinions: ReadonlyMap<string, Opinion>, block: string, now: number): boolean {
  const own = opinions.get(block)
  const all = [...opinions.values()].filter(({ at }) => now - at < REACH.memory)
  const newest = all.at(-1)
  if (own === undefined && all.length < REACH.opinions) return true
  const since = own ?? newest
  if (since === undefined) return true
  // With enough voices a new one is only wanted when the newest has grown old.
  const age = now - Math.max(since.at, newest?.at ?? 0)
  return age >= (since.worked ? REACH.renewal : REACH.retry)
}

import type { Millis } from '@p2pshare/base'
import { millis } from '@p2pshare/base'
import type { PeerName } from '@p2pshare/ports'
import { RELAY } from '../limits/index.ts'

/** Who asks for a place. */
export interface PlaceAsker {
  peer: PeerName
  /** Its address block; undefined for this machine, which is not counted. */
  block: string | undefined
  /** Takes part in one of our shares. */
  member: boolean
}

/** A place that a peer has. */
export interface Place extends PlaceAsker {
  given: Millis
  expires: Millis
}

/**
 * Who may be reached through us. Pure. Members of our shares may have all places, strangers half of them; a peer that
 * has a place keeps it when it asks again in time. An address block has at most {@link RELAY.placesPerBlock}.
 */
export class Places {
  readonly #places = new Map<PeerName, Place>()

  /** Gives or prolongs a place, or says why not. */
  grant(asker: PlaceAsker, most: number, now: Millis): Place | 'no-place' | 'address-block' {
    this.#dropExpired(now)
    if (!this.#places.has(asker.peer)) {
      const refusal = this.#refusal(asker, most)
      if (refusal !== undefined) return refusal
    }
    const ttl = asker.member ? RELAY.memberTtl : RELAY.strangerTtl
    const place = { ...asker, given: now, expires: millis(now + ttl) }
    this.#places.set(asker.peer, place)
    return place
  }

  find(peer: PeerName, now: Millis): Place | undefined {
    const place = this.#places.get(peer)
    return place !== undefined && place.expires > now ? place : undefined
  }

  release(peer: PeerName): void {
    this.#places.delete(peer)
  }

  clear(): void {
    this.#places.clear()
  }

  /** How many there are, and how many of them are members'. */
  count(now: Millis): { all: number; members: number } {
    this.#dropExpired(now)
    return { all: this.#places.size, members: this.#countOf((place) => place.member) }
  }

  #refusal({ block, member }: PlaceAsker, most: number): 'no-place' | 'address-block' | undefined {
    if (this.#places.size >= most) return 'no-place'
    const strangers = Math.floor(most * RELAY.strangersPart)
    if (!member && this.#countOf((place) => !place.member) >= strangers) return 'no-place'
    if (block === undefined) return undefined
    return this.#countOf((place) => place.block === block) >= RELAY.placesPerBlock
      ? 'address-block'
      : undefined
  }

  /** At most {@link RELAY.maxPlaces} steps. */
  #countOf(counts: (place: Place) => boolean): number {
    let count = 0
    for (const place of this.#places.values()) if (counts(place)) count++
    return count
  }

  #dropExpired(now: Millis): void {
    for (const [peer, place] of this.#places) if (place.expires <= now) this.#places.delete(peer)
  }
}

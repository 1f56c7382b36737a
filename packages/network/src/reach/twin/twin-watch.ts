import { multiaddr } from '@multiformats/multiaddr'
import { type Clock, printable } from '@p2pshare/base'
import { boundedSignal } from '../../dht/signals.ts'
import { TWIN } from '../../limits/index.ts'
import { type AddressScope, inScope, isRelayed, withoutPeer } from '../../node/address-scope.ts'
import { reachOf } from '../../node/record-addresses.ts'
import type { ExactTransport } from '../node-parts.ts'
import { SelfSightings, type Side } from './self-sightings.ts'

/** What {@link TwinWatch} stands on. */
export interface TwinWatchInit {
  transport: ExactTransport
  scope: AddressScope
  /** Our own addresses as far as we know them, without a peer id. */
  own: () => readonly string[]
  clock: Clock
}

/**
 * Finds out whether another node uses this node's key, as a copied home does: each then hides the other. Where we are
 * told addresses as our own that we do not have, one is dialled now and then to see who is there.
 */
export class TwinWatch {
  readonly #init: TwinWatchInit
  readonly #sightings = new SelfSightings()
  #running: AbortController | undefined
  #nextProbe = 0

  constructor(init: TwinWatchInit) {
    this.#init = init
  }

  start(): void {
    this.#running = new AbortController()
  }

  stop(): void {
    this.#running?.abort()
    this.#running = undefined
  }

  /** A handshake ended at our own key. */
  seen(side: Side, place: string): void {
    this.#sightings.note(side, place, this.#init.clock.now())
  }

  /** Somebody says that we are at these addresses. */
  told(addresses: readonly string[]): void {
    const now = this.#init.clock.now()
    if (this.#running === undefined || now < this.#nextProbe) return
    const strange = addresses.find((address) => this.#isStrange(address))
    if (strange === undefined) return
    this.#nextProbe = now + TWIN.probeInterval
    void this.#probe(strange, this.#running.signal)
  }

  /** What to tell people; empty when all is well. */
  troubles(): string[] {
    const place = this.#sightings.twin(this.#init.clock.now())
    if (place === undefined) return []
    return [
      `Another node uses the key of this one (at ${printable(place, 200)}), so each hides the other: give one of them ` +
        'a home of its own, or move its key file away so that it makes a new key.'
    ]
  }

  #isStrange(text: string): boolean {
    try {
      const address = withoutPeer(multiaddr(text))
      // Places at relays come and go, and old ones are told for a while.
      if (isRelayed(address) || reachOf(address) === undefined) return false
      if (!inScope(address, this.#init.scope)) return false
      return !this.#init.own().includes(address.toString())
    } catch {
      // Not even an address.
      return false
    }
  }

  /** Who is there is seen by {@link seen}; a stranger is left at once. */
  async #probe(text: string, parent: AbortSignal): Promise<void> {
    const bounded = boundedSignal(parent, TWIN.probeTimeout)
    try {
      const connection = await this.#init.transport.dial(withoutPeer(multiaddr(text)), bounded.signal)
      await connection.close({ signal: bounded.signal }).catch((error) => connection.abort(error as Error))
    } catch {
      // Nobody is there, or ourselves.
    } finally {
      bounded.release()
    }
  }
}

import type { PeerId, PeerInfo } from '@libp2p/interface'
import type { Clock } from '@p2pshare/base'
import type { Provider } from '@p2pshare/ports'
import { CROWD, LOOKUP } from '../limits/index.ts'
import type { AddressScope } from '../node/address-scope.ts'
import type { Kad } from './kad-internals.ts'
import { LaneWalks } from './lane-walks.ts'
import { type FoundProvider, type SearchStage, searchProviders } from './provider-search.ts'
import { boundedSignal } from './signals.ts'

/** Which DHT a lane speaks. */
export interface LaneProfile {
  source: Provider['source']
  /** Protocol id, also the name under which its state is stored. */
  protocol: string
  /** Addresses that are told and believed in this DHT. */
  scope: AddressScope
  /** Whether we answer requests from the start, or become a server when we turn out to be reachable. */
  mode: 'server' | 'when-reachable'
}

/** One DHT of this node. Each is queried on its own: a slow or empty one never delays another. */
export class DhtLane {
  readonly profile: LaneProfile
  readonly self: PeerId
  readonly #kad: Kad
  readonly #walks: LaneWalks
  readonly #serverListeners = new Set<(peer: PeerId) => void>()

  constructor(profile: LaneProfile, self: PeerId, kad: Kad, clock: Clock) {
    this.profile = profile
    this.self = self
    this.#kad = kad
    this.#walks = new LaneWalks(kad, self, clock)
    kad.routingTable.addEventListener('peer:add', (event) => {
      const peer = (event as CustomEvent<PeerId>).detail
      if (!peer.equals(self)) for (const listen of this.#serverListeners) listen(peer)
    })
  }

  /** DHT servers in our routing table. */
  get size(): number {
    // kad-dht keeps ourselves in the table once it runs.
    return this.#servers().length
  }

  /** Whether we answer requests. */
  get mode(): 'client' | 'server' {
    return this.#kad.getMode()
  }

  /** Calls `listen` for each server that enters the routing table; the answer ends that. */
  onServer(listen: (peer: PeerId) => void): () => void {
    this.#serverListeners.add(listen)
    return () => this.#serverListeners.delete(listen)
  }

  /** The servers of our table that are closest to a position, at most 1000. */
  tableOf(position: bigint): PeerId[] {
    const bytes = Buffer.from(position.toString(16).padStart(64, '0'), 'hex')
    return this.#kad.routingTable
      .closestPeers(bytes, { count: 1000 })
      .filter((peer) => !peer.equals(this.self))
  }

  #servers(): PeerId[] {
    return this.tableOf(0n)
  }

  /**
   * Waits until the table has a server.
   * @returns whether it has one; false when `timeout` ms are over or `signal` fires
   */
  async waitForServer(signal: AbortSignal, timeout: number): Promise<boolean> {
    if (this.size > 0) return true
    const bounded = boundedSignal(signal, timeout)
    const { promise, resolve } = Promise.withResolvers<void>()
    const forget = this.onServer(() => resolve())
    bounded.signal.addEventListener('abort', () => resolve(), { once: true })
    if (!bounded.signal.aborted) await promise
    forget()
    bounded.release()
    return this.size > 0
  }

  /** Servers in the whole DHT, estimated from what lookups met; undefined before the first. */
  get estimatedSize(): number | undefined {
    return this.#walks.size.value
  }

  /**
   * Looks for the servers closest to a key.
   * @param replicas - how many are wanted
   * @returns at most that many, closest first, each of which has answered; empty when nobody did, the time (ms) is up, or `signal` fires
   */
  async closest(
    key: Uint8Array,
    signal: AbortSignal,
    timeout: number,
    replicas: number = LOOKUP.replicas
  ): Promise<PeerInfo[]> {
    return this.#bounded(signal, timeout, async (bounded) => {
      const lookup = await this.#walks.closest(key, bounded, replicas)
      this.#walks.learnFrom(lookup)
      return lookup.closest.slice(0, replicas).map(({ id }) => ({ id, multiaddrs: [] }))
    })
  }

  /**
   * Looks for the servers that should hold a record which nobody may hide: the closest, and when
   * strangers have crowded around the key, also those who would be the closest without them.
   * @returns as {@link closest}, but at most {@link CROWD.maxServers} more where it is crowded
   */
  async guardians(
    key: Uint8Array,
    signal: AbortSignal,
    timeout: number,
    replicas: number = LOOKUP.replicas
  ): Promise<PeerInfo[]> {
    return this.#bounded(signal, timeout, async (bounded) => {
      const lookup = await this.#walks.closest(key, bounded, replicas)
      if (lookup.closest.length >= LOOKUP.replicas) await this.#walks.learnSize(bounded)
      const chosen = new Map(lookup.closest.slice(0, replicas).map((peer) => [peer.name, peer]))
      if (this.#walks.isCrowded(lookup)) {
        const region = await this.#walks.region(key, bounded)
        for (const peer of region.slice(0, CROWD.maxServers)) chosen.set(peer.name, peer)
      }
      return [...chosen.values()].map(({ id }) => ({ id, multiaddrs: [] }))
    })
  }

  async #bounded(
    signal: AbortSignal,
    timeout: number,
    look: (signal: AbortSignal) => Promise<PeerInfo[]>
  ): Promise<PeerInfo[]> {
    const bounded = boundedSignal(signal, timeout)
    try {
      return await look(bounded.signal)
    } catch (error) {
      if (!bounded.signal.aborted) throw error
      return []
    } finally {
      bounded.release()
    }
  }

  /** Asks for providers of a multihash and yields them as answers come, each once; throws when `signal` fires. */
  async *providers(multihash: Uint8Array, signal: AbortSignal): AsyncGenerator<PeerInfo> {
    for await (const { provider } of this.search(multihash, signal)) yield provider
  }

  /** As {@link providers}, with the way on which each was found. */
  search(
    multihash: Uint8Array,
    signal: AbortSignal,
    onStage?: (stage: SearchStage) => void
  ): AsyncGenerator<FoundProvider> {
    return searchProviders(this.#walks, multihash, signal, onStage)
  }
}

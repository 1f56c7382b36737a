import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { type Clock, seededRng } from '@p2pshare/base'
import type { KeyValueStore } from '@p2pshare/ports'
import type { AnnouncingLane } from '../../src/announce/announcer-parts.ts'
import { closestServers, inOrder, type Server, serverOf } from '../../src/announce/closest-servers.ts'
import { Breather } from '../../src/announce/breather.ts'
import { LaneAnnouncer } from '../../src/announce/lane-announcer.ts'
import type { SendTo } from '../../src/announce/record-spreader.ts'
import { RegionExplorer } from '../../src/announce/region-explorer.ts'
import { kadPlace } from '../../src/dht/kad-key.ts'
import { ANNOUNCE } from '../../src/limits/index.ts'
import { positionedKey } from './many-nodes/positioned-key.ts'
import { recordingLog } from './nodes.ts'

/** One stream that an announcer has opened. */
export interface SentStream {
  peer: string
  /** Wall time of its end, ms. */
  at: number
  /** Multihashes, in hex. */
  keys: string[]
  /** Whether the server answered the ping. */
  taken: boolean
}

/** Peer ids that are the same in every run. */
export async function peerIds(count: number, seed = 1): Promise<PeerId[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const bytes = new Uint8Array(32)
      new DataView(bytes.buffer).setUint32(0, i + 1)
      new DataView(bytes.buffer).setUint32(4, seed)
      return peerIdFromPrivateKey(await generateKeyPairFromSeed('Ed25519', bytes))
    })
  )
}

/** As {@link peerIds}, quick enough for ten thousand: such peers cannot sign. */
export function manyPeerIds(count: number, seed = 1): PeerId[] {
  const rng = seededRng(seed)
  return Array.from({ length: count }, () => peerIdFromPrivateKey(positionedKey(rng)))
}

/** A DHT whose lookups are perfect and whose servers write down what they are told. */
export class FakeDht {
  readonly clock: Clock
  readonly streams: SentStream[] = []
  readonly #servers = new Map<string, PeerId>()
  readonly #listeners = new Set<(peer: PeerId) => void>()
  #sorted: Server[] = []
  lookups = 0
  /** So many lookups find only three servers. */
  short = 0
  /** Servers that every key's region has besides a crowd. */
  beyondCrowds: PeerId[] = []
  /** Servers that take records and never answer. */
  readonly silent = new Set<string>()
  /** Whether keys are written down; a measurement of very many only counts them. */
  keeps = true
  /** Records told, kept or not. */
  records = 0

  constructor(clock: Clock, servers: readonly PeerId[]) {
    this.clock = clock
    for (const server of servers) this.#servers.set(server.toString(), server)
    this.#sort()
  }

  get size(): number {
    return this.#servers.size
  }

  join(peer: PeerId): void {
    this.#servers.set(peer.toString(), peer)
    this.#sort()
    for (const listen of this.#listeners) listen(peer)
  }

  leave(peer: PeerId): void {
    this.#servers.delete(peer.toString())
    this.#sort()
  }

  /** Names of the servers truly closest to a key. */
  closest(key: Uint8Array, count: number): string[] {
    return closestServers(this.#sorted, kadPlace(key), count).map((i) => this.#sorted[i]?.peer ?? '')
  }

  /** The same, as a lookup names them. */
  closestIds(key: Uint8Array, count: number): PeerId[] {
    return this.closest(key, count).flatMap((name) => this.#servers.get(name) ?? [])
  }

  /** All servers, in order. */
  all(): readonly Server[] {
    return this.#sorted
  }

  explorer(): RegionExplorer {
    const { clock } = this
    return new RegionExplorer({
      lane: this.#laneOf(manyPeerIds(1, 99)[0] as PeerId),
      clock,
      rng: seededRng(1),
      breather: new Breather(clock)
    })
  }

  /** Who holds a key, by what was taken. */
  holders(key: Uint8Array): Set<string> {
    const hex = Buffer.from(key).toString('hex')
    return new Set(
      this.streams.filter(({ taken, keys }) => taken && keys.includes(hex)).map(({ peer }) => peer)
    )
  }

  /** A node's announcer in this DHT; `values` outlive it. */
  announcer(
    self: PeerId,
    values: KeyValueStore,
    options: { addresses?: () => string | undefined; send?: SendTo } = {}
  ): LaneAnnouncer {
    return new LaneAnnouncer({
      lane: this.#laneOf(self),
      send: options.send ?? ((peer, keys, signal, between) => this.#take(peer, keys, signal, between)),
      addresses: options.addresses ?? (() => 'here'),
      values,
      clock: this.clock,
      rng: seededRng(1),
      log: recordingLog()
    })
  }

  #laneOf(self: PeerId): AnnouncingLane {
    const size = (): number => this.size
    return {
      profile: { source: 'lan-dht', protocol: '/fake/kad/1.0.0' },
      self,
      get size() {
        return size()
      },
      closest: async (key) => {
        this.lookups++
        const count = this.short > 0 ? 3 : ANNOUNCE.replicas
        this.short = Math.max(0, this.short - 1)
        return this.closestIds(key, count).map((id) => ({ id }))
      },
      guardians: async (key) =>
        [...this.closestIds(key, ANNOUNCE.replicas), ...this.beyondCrowds].map((id) => ({ id })),
      onServer: (listen) => {
        this.#listeners.add(listen)
        return () => this.#listeners.delete(listen)
      }
    }
  }

  async #take(...[peer, keys, signal, between]: Parameters<SendTo>): Promise<void> {
    const stream: SentStream = { peer, at: 0, keys: [], taken: false }
    this.streams.push(stream)
    try {
      if (!this.#servers.has(peer)) throw new Error('nobody there')
      let inWrite = 0
      for (const key of keys) {
        this.records++
        if (this.keeps) stream.keys.push(Buffer.from(key).toString('hex'))
        if (++inWrite < ANNOUNCE.recordsPerWrite) continue
        inWrite = 0
        await this.#pause()
        await between(1)
        signal.throwIfAborted()
      }
      await this.#pause()
      if (this.silent.has(peer)) throw new Error('no answer')
      signal.throwIfAborted()
      stream.taken = true
    } finally {
      stream.at = this.clock.wallTime()
    }
  }

  /** A server takes a millisecond. */
  async #pause(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.clock.after(1 as never, resolve)
    await promise
  }

  #sort(): void {
    this.#sorted = inOrder([...this.#servers.values()].map(serverOf))
  }
}

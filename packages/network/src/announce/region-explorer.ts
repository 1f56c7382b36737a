import type { PeerInfo } from '@libp2p/interface'
import { type Clock, type Rng, ShareError } from '@p2pshare/base'
import { kadPlace, multihashOf } from '../dht/kad-key.ts'
import { ANNOUNCE } from '../limits/index.ts'
import type { Breather } from './breather.ts'
import { type Server, serverOf } from './closest-servers.ts'
import { KnownServers } from './known-servers.ts'
import { endOf, parentOf, type Prefix, positionOf, prefixAt, sharedBits, siblingOf } from './prefix.ts'

/** A subtree of the key space with all its servers. */
export interface Region {
  prefix: Prefix
  /** In order of their places. */
  servers: Server[]
  /** Whether these are all servers of the network, no more than a key has replicas. */
  whole: boolean
}

/** What exploring needs of a DHT; see `DhtLane`. */
export interface Lookups {
  /** Servers in our routing table. */
  readonly size: number
  closest(key: Uint8Array, signal: AbortSignal, timeout: number): Promise<Pick<PeerInfo, 'id'>[]>
}

/** What {@link RegionExplorer} is made of. */
export interface RegionExplorerInit {
  lane: Lookups
  clock: Clock
  rng: Rng
  breather: Breather
}

/** One wish for a region. */
interface Visit {
  /** Lookups that it may still take; hashes to find a target count as some. */
  left: number
  /** Monotonic time of its beginning: what was known then counts to its end. */
  readonly now: number
  readonly signal: AbortSignal
}

/**
 * Finds all servers of a region with few lookups. A lookup's answer is the 20 servers closest to its
 * target; if the farthest of them shares f bits with it, then whoever shares more is among them: the
 * subtree of depth f + 1 around the target is known as a whole. The gaps beside it are asked for in
 * turn. What is known stays so for {@link ANNOUNCE.knownFor}, so regions that follow each other
 * share lookups.
 */
export class RegionExplorer {
  readonly #init: RegionExplorerInit
  readonly #known = new KnownServers()
  /** Depth of the subtree that a lookup shows as a whole, averaged; undefined before the first. */
  #usualDepth: number | undefined
  /** Lookups so far, for measuring. */
  lookups = 0

  constructor(init: RegionExplorerInit) {
    this.#init = init
  }

  /** A server turned up. */
  add(server: Server): void {
    this.#known.add(server)
    const now = this.#init.clock.now()
    const known = this.#known.around(0, now)
    if (known?.depth !== 0) return
    // A network that outgrew one answer has to be looked at anew.
    if (this.#known.servers(known, now).length > ANNOUNCE.replicas) this.#known.clear()
  }

  /** A server did not answer: as long as lookups do not name it again, others take its place. */
  remove(peer: string): void {
    this.#known.remove(peer)
  }

  /** Everything is to be looked for anew. */
  forget(): void {
    this.#known.clear()
  }

  /**
   * The smallest region around a key that has at least {@link ANNOUNCE.rootReplicas} servers (or is
   * the whole space), so that the servers closest to any of its keys are all in it.
   *
   * @param key - multihash
   * @param alone - false when regions beside it follow: then it is not so small that one beside it would
   *   have to borrow its servers
   * @throws ShareError `network.no-dht-answer`, or what a lookup throws
   */
  async region(key: Uint8Array, alone: boolean, signal: AbortSignal): Promise<Region> {
    const visit = { left: ANNOUNCE.lookupsPerRegion, now: this.#init.clock.now(), signal }
    for (;;) {
      const prefix = await this.#grow(key, alone, visit)
      const servers = this.#known.servers(prefix, visit.now)
      const isAll = this.#known.unknown(prefix, visit.now) === undefined
      // Another work may have made us forget, meanwhile.
      if (!isAll && visit.left > 0) continue
      return { prefix, servers, whole: prefix.depth === 0 && servers.length <= ANNOUNCE.replicas }
    }
  }

  /** Regions of the whole network, estimated from how deep lookups see. */
  get regions(): number {
    return Math.max(1, 2 ** ((this.#usualDepth ?? 0) - DEPTH_BELOW_REGION))
  }

  /**
   * The servers closest to one key, as one lookup shows them.
   * @throws as {@link region}
   */
  closest(key: Uint8Array, signal: AbortSignal): Promise<Server[]> {
    return this.#look(key, prefixAt(positionOf(kadPlace(key)), ANNOUNCE.maxDepth), {
      left: 1,
      now: this.#init.clock.now(),
      signal
    })
  }

  /** The subtree that is the region. */
  async #grow(key: Uint8Array, alone: boolean, visit: Visit): Promise<Prefix> {
    const position = positionOf(kadPlace(key))
    const { now } = visit
    if (this.#known.around(position, now) === undefined) await this.#look(key, prefixAt(position, 32), visit)
    let prefix = this.#known.around(position, now) ?? prefixAt(position, 0)
    while (prefix.depth > 0) {
      const enough = this.#known.servers(prefix, now).length >= ANNOUNCE.rootReplicas
      if (enough && alone) break
      await this.#cover(siblingOf(prefix), visit)
      const beside = this.#known.servers(siblingOf(prefix), now).length
      if (enough && beside >= ANNOUNCE.replicas) break
      prefix = parentOf(prefix)
    }
    return prefix
  }

  /** Looks until all of a subtree is known. */
  async #cover(prefix: Prefix, visit: Visit): Promise<void> {
    for (;;) {
      const gap = this.#known.unknown(prefix, visit.now)
      if (gap === undefined) return
      // Answers that contradict each other would go on for ever: what is known has to do.
      if (visit.left <= 0) {
        this.#known.learn(prefix, this.#known.servers(prefix, visit.now), visit.now)
        return
      }
      // A deep gap takes many hashes to hit.
      visit.left -= 2 ** (gap.depth - ANNOUNCE.depthPerLookup)
      await this.#look(await this.#keyIn(gap, visit.signal), gap, visit)
    }
  }

  /** One lookup, what follows from its answer, and the answer. `gap` is what was not known around the key. */
  async #look(key: Uint8Array, gap: Prefix, visit: Visit): Promise<Server[]> {
    const { lane } = this.#init
    const { signal } = visit
    visit.left--
    let found = await this.#closest(key, signal)
    // A network with more servers than that gives a full answer, unless something went wrong.
    const isOdd = found.length < ANNOUNCE.replicas && lane.size > ANNOUNCE.replicas
    if (isOdd) found = distinct([...found, ...(await this.#closest(key, signal))])
    signal.throwIfAborted()
    if (found.length === 0) throw noAnswer()
    const position = positionOf(kadPlace(key))
    const depth = this.#shownDepth(found, position, gap)
    this.#usualDepth = this.#usualDepth === undefined ? depth : 0.9 * this.#usualDepth + 0.1 * depth
    this.#known.learn(prefixAt(position, depth), found, visit.now)
    return found
  }

  /** Depth of the subtree that an answer shows as a whole. */
  #shownDepth(found: readonly Server[], position: number, gap: Prefix): number {
    if (found.length < ANNOUNCE.replicas) {
      // All there are; or, when short twice, believed as far as our routing table makes it likely: one region.
      const likely = Math.max(1, this.#init.lane.size / ANNOUNCE.replicas)
      return Math.min(gap.depth, Math.floor(Math.log2(likely)))
    }
    const bits = found.map(({ place }) => sharedBits(positionOf(place), position))
    return Math.min(ANNOUNCE.maxDepth, Math.min(...bits) + 1)
  }

  async #closest(key: Uint8Array, signal: AbortSignal): Promise<Server[]> {
    this.lookups++
    const peers = await this.#init.lane.closest(key, signal, ANNOUNCE.lookupTimeout)
    return peers.map(({ id }) => serverOf(id))
  }

  /** A key that lies in a subtree; takes 2^depth hashes on average. */
  async #keyIn(prefix: Prefix, signal: AbortSignal): Promise<Uint8Array> {
    const { breather, rng } = this.#init
    const key = multihashOf(new Uint8Array(32))
    const words = new DataView(key.buffer, 2)
    for (let at = 0; at < 32; at += 4) words.setUint32(at, rng.uint32())
    breather.begin()
    for (let tries = 0; ; tries++) {
      words.setUint32(0, tries)
      const position = positionOf(kadPlace(key))
      if (position >= prefix.start && position < endOf(prefix)) break
      if (tries % 64 === 0 && breather.due) await breather.rest()
      signal.throwIfAborted()
    }
    breather.end()
    return key
  }
}

/** A lookup sees 14 servers or so whole, a region has about 60. */
const DEPTH_BELOW_REGION = 2

function distinct(servers: readonly Server[]): Server[] {
  return [...new Map(servers.map((server) => [server.peer, server])).values()]
}

function noAnswer(): ShareError {
  return new ShareError({
    code: 'network.no-dht-answer',
    fault: 'network',
    message: 'No server of this DHT answered.'
  })
}

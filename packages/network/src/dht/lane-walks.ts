import { createHash } from 'node:crypto'
import type { PeerId } from '@libp2p/interface'
import type { Clock } from '@p2pshare/base'
import { CROWD, LOOKUP } from '../limits/index.ts'
import type { Kad } from './kad-internals.ts'
import { commonPrefix, kadPosition, multihashOf } from './kad-key.ts'
import { Lookup, type LookupShape } from './lookup.ts'
import { branchDepths, isCrowded, NetworkSize } from './region.ts'
import { type LanePeer, lanePeer, type LookupAnswer, type LookupRequest, runLookup } from './run-lookup.ts'

/** What a lookup does unless something asks for more. */
const USUAL: LookupShape = {
  replicas: LOOKUP.replicas,
  paths: 1,
  concurrency: LOOKUP.concurrency,
  maxRequests: LOOKUP.maxRequests
}

/** Contacts among which a start outside of a crowd is looked for. */
const START_BESIDE = 200

/** The walks through one DHT, and what they tell of its size. */
export class LaneWalks {
  /** Learns from lookups of keys that nobody chose for us: searches for one crowded key, again and again, must not count. */
  readonly size = new NetworkSize()
  readonly #kad: Kad
  readonly #self: PeerId
  readonly #clock: Clock

  constructor(kad: Kad, self: PeerId, clock: Clock) {
    this.#kad = kad
    this.#self = self
    this.#clock = clock
  }

  /** A lookup of a key that starts from our table. */
  lookup(key: Uint8Array, shape: Partial<LookupShape> = {}): Lookup<LanePeer> {
    const whole = { ...USUAL, ...shape }
    const position = kadPosition(key)
    return this.among(key, this.#nearTable(position, whole.replicas * whole.paths), shape)
  }

  /** A lookup of a key that starts from given servers. */
  among(key: Uint8Array, start: readonly LanePeer[], shape: Partial<LookupShape>): Lookup<LanePeer> {
    const target = kadPosition(key)
    const sorted = start.toSorted((a, b) => ((a.position ^ target) < (b.position ^ target) ? -1 : 1))
    return new Lookup(target, sorted, { ...USUAL, ...shape }, this.#self.toString())
  }

  /** Makes the requests of a lookup; yields answers as they come. */
  run(lookup: Lookup<LanePeer>, request: LookupRequest, signal: AbortSignal): AsyncGenerator<LookupAnswer> {
    return runLookup({ kad: this.#kad, clock: this.#clock }, lookup, request, signal)
  }

  /** Looks for the closest servers to the end. */
  async closest(key: Uint8Array, signal: AbortSignal, replicas: number): Promise<Lookup<LanePeer>> {
    const lookup = this.lookup(key, { replicas })
    for await (const _ of this.run(lookup, { type: 'FIND_NODE', key }, signal));
    return lookup
  }

  /** Takes a lookup that has come to its end as a sample of the network's size. */
  learnFrom(lookup: Lookup<LanePeer>): void {
    this.size.learn(distancesOf(lookup).slice(0, LOOKUP.replicas))
  }

  /** Whether strangers have crowded around the target of a lookup that has come to its end; no when the size is not known. */
  isCrowded(lookup: Lookup<LanePeer>): boolean {
    return isCrowded(distancesOf(lookup), this.size.value)
  }

  /** Makes lookups of keys that nobody else would choose until they tell the size of the network. */
  async learnSize(signal: AbortSignal): Promise<void> {
    for (let i = this.size.count; i < CROWD.fewestSamples; i++) {
      const digest = createHash('sha256').update(this.#self.toMultihash().bytes).update(`${i}`).digest()
      this.learnFrom(await this.closest(multihashOf(digest), signal, LOOKUP.replicas))
    }
  }

  /**
   * Explores the region of a key in which its records would lie if nobody had crowded around it: by
   * lookups of keys beside the way to it, which ask nobody in the core of the region. Without that,
   * one of the crowd that is met early names the others, and no lookup leaves them again.
   *
   * @returns the servers of the region outside its core that answered, in no order
   */
  async region(key: Uint8Array, signal: AbortSignal): Promise<LanePeer[]> {
    const position = kadPosition(key)
    const depths = branchDepths(this.size.value ?? 1)
    const core = (depths.at(-1) ?? 0) + 1
    const outer = depths[0] ?? 0
    const admits = (at: bigint): boolean => commonPrefix(at, position) < core
    const branches = depths.map(async (depth) => {
      const beside = await keyBeside(key, this.#self, depth)
      const near = this.#nearTable(kadPosition(beside), START_BESIDE).filter((peer) => admits(peer.position))
      const lookup = this.among(beside, near.slice(0, LOOKUP.replicas), { admits })
      for await (const _ of this.run(lookup, { type: 'FIND_NODE', key: beside }, signal));
      return lookup.closest
    })
    const found = new Map((await Promise.all(branches)).flat().map((peer) => [peer.name, peer]))
    return [...found.values()].filter((peer) => commonPrefix(peer.position, position) >= outer)
  }

  #nearTable(position: bigint, count: number): LanePeer[] {
    const bytes = Buffer.from(position.toString(16).padStart(64, '0'), 'hex')
    return this.#kad.routingTable.closestPeers(bytes, { count }).map(lanePeer)
  }
}

function distancesOf(lookup: Lookup<LanePeer>): bigint[] {
  return lookup.closest.map((peer) => peer.position ^ lookup.target)
}

/** Hashes between two turns of the event loop, about 10 ms. */
const HASHES_AT_ONCE = 4096

/**
 * A key whose position shares exactly `depth` leading bits with that of another; takes 2^(depth + 1)
 * tries on average. Which one depends on who asks, so that nobody can sit there beforehand.
 */
async function keyBeside(key: Uint8Array, self: PeerId, depth: number): Promise<Uint8Array> {
  const position = kadPosition(key)
  const digest = createHash('sha256').update(key).update(self.toMultihash().bytes).digest()
  for (let tries = 0; ; tries++) {
    digest.writeUInt32BE(tries)
    const candidate = multihashOf(digest)
    if (commonPrefix(position, kadPosition(candidate)) === depth) return candidate
    if (tries % HASHES_AT_ONCE === HASHES_AT_ONCE - 1) await new Promise((resolve) => setImmediate(resolve))
  }
}

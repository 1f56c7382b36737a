import { ANNOUNCE } from '../limits/index.ts'

/** A DHT server and its place in the key space. */
export interface PlacedServer {
  peer: string
  position: bigint
}

/** A key to announce and its place in the key space. */
export interface PlacedKey {
  key: Uint8Array
  position: bigint
}

/** What a lookup showed: the servers closest to a position. */
interface Region {
  position: bigint
  servers: PlacedServer[]
  /** Every server closer to `position` than this is in `servers`. */
  radius: bigint
}

const EVERYWHERE = 1n << 256n

/**
 * Decides which servers get which keys of a batch with as few lookups as possible. Pure: whoever
 * runs it makes the lookups that it asks for. A sweep of the whole key space differs only in the
 * order of the keys it is fed.
 *
 * Distances are XOR, a metric: a server at distance d from a key is at most `d + |key − target|`
 * from a lookup's target. So whatever lies nearer to the key than `radius − |key − target|` was in
 * that lookup's answer; when {@link ANNOUNCE.provenReplicas} servers do, the answer serves this key too.
 */
export class ReplicaPlan {
  readonly #waiting: PlacedKey[]
  readonly #regions: Region[] = []
  readonly #assigned = new Map<string, Uint8Array[]>()
  #complete: readonly PlacedServer[] | undefined

  constructor(keys: readonly PlacedKey[]) {
    this.#waiting = keys.toSorted((a, b) => (a.position < b.position ? -1 : a.position > b.position ? 1 : 0))
  }

  /** At most `count` keys, spread over those not yet planned, that need a lookup of their own; empty when all is planned. */
  needed(count: number): PlacedKey[] {
    const step = Math.max(1, Math.floor(this.#waiting.length / count))
    return this.#waiting.filter((_, i) => i % step === 0).slice(0, count)
  }

  /**
   * Takes a lookup's answer and plans every key that it settles, the asked one always: a lookup
   * that reached nobody leaves its key without a place, and {@link unplaced} counts it.
   */
  learn(asked: PlacedKey, servers: readonly PlacedServer[]): void {
    const sorted = byDistance(servers, asked.position)
    // Fewer than a full answer means that there are no more servers in the whole network.
    if (sorted.length < ANNOUNCE.replicas && sorted.length > 0) this.#complete = sorted
    const last = sorted[ANNOUNCE.replicas - 1]
    const radius = last === undefined ? EVERYWHERE : last.position ^ asked.position
    this.#regions.push({ position: asked.position, servers: sorted, radius })
    this.#settle(asked)
  }

  /** Keys for each server, by its peer id. */
  get assigned(): ReadonlyMap<string, readonly Uint8Array[]> {
    return this.#assigned
  }

  /** All servers of the network, when a lookup has shown that they are fewer than the replicas of a key. */
  get complete(): readonly PlacedServer[] | undefined {
    return this.#complete
  }

  /** Keys for which no server is known. */
  unplaced = 0

  #settle(asked: PlacedKey): void {
    const region = this.#regions.at(-1)
    if (region === undefined) return
    const rest: PlacedKey[] = []
    for (const key of this.#waiting) {
      const servers = serversFor(key, region)
      if (key === asked || servers !== undefined) this.#assign(key, servers ?? region.servers)
      else rest.push(key)
    }
    this.#waiting.splice(0, this.#waiting.length, ...rest)
  }

  #assign(key: PlacedKey, servers: readonly PlacedServer[]): void {
    if (servers.length === 0) this.unplaced++
    for (const server of servers.slice(0, ANNOUNCE.replicas)) {
      const keys = this.#assigned.get(server.peer)
      if (keys === undefined) this.#assigned.set(server.peer, [key.key])
      else keys.push(key.key)
    }
  }
}

/** The servers that get a key by what one lookup showed; undefined when too few are provably the closest. */
function serversFor(key: PlacedKey, region: Region): PlacedServer[] | undefined {
  if (region.servers.length === 0) return undefined
  const sorted = byDistance(region.servers, key.position)
  if (region.radius === EVERYWHERE) return sorted
  const sure = region.radius - (key.position ^ region.position)
  const proven = sorted.filter((server) => (server.position ^ key.position) < sure)
  return proven.length >= ANNOUNCE.provenReplicas ? sorted : undefined
}

function byDistance(servers: readonly PlacedServer[], position: bigint): PlacedServer[] {
  return servers
    .map((server) => ({ server, distance: server.position ^ position }))
    .sort((a, b) => (a.distance < b.distance ? -1 : 1))
    .map((each) => each.server)
}

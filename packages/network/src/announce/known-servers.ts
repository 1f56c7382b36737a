import { ANNOUNCE } from '../limits/index.ts'
import { inOrder, type Server } from './closest-servers.ts'
import { endOf, type Prefix, positionOf, SPACE } from './prefix.ts'

/** A subtree of which all servers are known. */
interface Known {
  prefix: Prefix
  /** Monotonic time of the lookup that showed it. */
  at: number
  servers: Server[]
}

/**
 * What lookups have shown of the network: subtrees all of whose servers are known, for
 * {@link ANNOUNCE.knownFor}. Whoever asks several things asks them with the same `now`, so that nothing
 * ends in between. Pure.
 */
export class KnownServers {
  /** In order, none inside another. */
  #subtrees: Known[] = []

  /** Takes in that `servers` are all those of a subtree; others among them are left out. */
  learn(prefix: Prefix, servers: Iterable<Server>, now: number): void {
    if (this.unknown(prefix, now) === undefined) return
    if (this.#count() >= ANNOUNCE.knownServers) this.#subtrees = []
    // One that has ended must not lie around or below a new one.
    this.#subtrees = this.#subtrees.filter(
      (known) => now - known.at < ANNOUNCE.knownFor || !overlap(known.prefix, prefix)
    )
    const inside = inOrder(servers).filter(({ place }) => within(prefix, positionOf(place)))
    const others = this.#subtrees.filter((known) => !within(prefix, known.prefix.start))
    others.push({ prefix, at: now, servers: inside })
    this.#subtrees = others.sort((a, b) => a.prefix.start - b.prefix.start)
  }

  /** Adds a server that came later, where its surroundings are known. */
  add(server: Server): void {
    const known = this.#subtrees.find(({ prefix }) => within(prefix, positionOf(server.place)))
    if (known === undefined || known.servers.some(({ peer }) => peer === server.peer)) return
    known.servers = inOrder([...known.servers, server])
  }

  /** Leaves a server out from now on. */
  remove(peer: string): void {
    for (const known of this.#subtrees) known.servers = known.servers.filter((server) => server.peer !== peer)
  }

  /** The known subtree around a position. */
  around(position: number, now: number): Prefix | undefined {
    return this.#fresh(now).find(({ prefix }) => within(prefix, position))?.prefix
  }

  /** The known servers of a subtree, in order; whether they are all, {@link unknown} tells. */
  servers(prefix: Prefix, now: number): Server[] {
    const parts = this.#fresh(now).filter(
      (known) => within(prefix, known.prefix.start) || within(known.prefix, prefix.start)
    )
    return parts.flatMap(({ servers }) => servers.filter(({ place }) => within(prefix, positionOf(place))))
  }

  /** The first part of a subtree whose servers are not known; undefined when they all are. */
  unknown(prefix: Prefix, now: number): Prefix | undefined {
    let at = prefix.start
    let next = SPACE
    for (const known of this.#fresh(now)) {
      if (endOf(known.prefix) <= at) continue
      if (known.prefix.start > at) {
        next = known.prefix.start
        break
      }
      at = endOf(known.prefix)
    }
    return at >= endOf(prefix) ? undefined : largestAt(at, Math.min(next, endOf(prefix)))
  }

  clear(): void {
    this.#subtrees = []
  }

  #count(): number {
    return this.#subtrees.reduce((sum, { servers }) => sum + servers.length, 0)
  }

  #fresh(now: number): Known[] {
    return this.#subtrees.filter(({ at }) => now - at < ANNOUNCE.knownFor)
  }
}

function overlap(a: Prefix, b: Prefix): boolean {
  return within(a, b.start) || within(b, a.start)
}

function within(prefix: Prefix, position: number): boolean {
  return position >= prefix.start && position < endOf(prefix)
}

/** The largest subtree that begins at `start` and ends at `end` or before. */
function largestAt(start: number, end: number): Prefix {
  let depth = 32
  for (let size = 2; start % size === 0 && start + size <= end; size *= 2) depth--
  return { start, depth }
}

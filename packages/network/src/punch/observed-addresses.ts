import type { Multiaddr } from '@multiformats/multiaddr'
import type { NatKind, PeerName } from '@p2pshare/ports'
import { hostBlock, hostOf, isPublicHost } from '../node/address-scope.ts'
import { PUNCH } from '../limits/index.ts'

/** Where a connected peer saw us come from. */
export interface Observation {
  /** The observer's address block: two observers of one block count once. */
  block: string
  /** Our IP literal and TCP port as it saw them. */
  host: string
  port: number
}

/**
 * Where the peers that we are connected to, from one port of ours, see us: forgotten with the connection, since a
 * router forgets, too. Any one observer may lie, so what most of them say counts.
 */
export class ObservedAddresses {
  readonly #observations = new Map<PeerName, Observation>()

  /** Takes a peer's word, if it names one host of the internet; at most {@link PUNCH.maxObservers} count. */
  note(observer: PeerName, from: Multiaddr, seen: Multiaddr): void {
    const observerHost = hostOf(from)
    const host = hostOf(seen)
    const parts = seen.getComponents()
    const port = Number(parts[1]?.value)
    if (observerHost === undefined || host === undefined || !isPublicHost(host)) return
    if (parts[1]?.name !== 'tcp' || !(port >= 1 && port <= 65_535)) return
    if (!this.#observations.has(observer) && this.#observations.size >= PUNCH.maxObservers) return
    this.#observations.set(observer, { block: hostBlock(observerHost), host, port })
  }

  forget(observer: PeerName): void {
    this.#observations.delete(observer)
  }

  clear(): void {
    this.#observations.clear()
  }

  /** All present observations, one for each block of observers. */
  get all(): Observation[] {
    return [...new Map([...this.#observations.values()].map((each) => [each.block, each])).values()]
  }
}

/** How many observers saw each of our outer addresses, most first. */
function byVotes(observations: readonly Observation[]): { host: string; port: number; votes: number }[] {
  const votes = new Map<string, { host: string; port: number; votes: number }>()
  for (const { host, port } of observations) {
    const key = `${host} ${port}`
    const entry = votes.get(key) ?? { host, port, votes: 0 }
    entry.votes++
    votes.set(key, entry)
  }
  return [...votes.values()].toSorted((a, b) => b.votes - a.votes)
}

/**
 * What our router does with connections that leave, from what observers of one inner port saw: the same outer port
 * for all of them, or another one for each.
 * @param isOwn - whether an IP literal is of an interface of this machine
 */
export function natKind(observations: readonly Observation[], isOwn: (host: string) => boolean): NatKind {
  // Of the two versions of IP the one with a router in between decides; IPv6 rarely has one.
  const four = observations.filter(({ host }) => !host.includes(':'))
  const counted = four.length > 0 ? four : observations
  if (counted.length === 0) return 'unknown'
  if (counted.filter(({ host }) => isOwn(host)).length * 2 > counted.length) return 'none'
  if (counted.length < 2) return 'unknown'
  const [first] = byVotes(counted)
  return first !== undefined && first.votes >= 2 && first.votes * 2 > counted.length
    ? 'endpoint-independent'
    : 'endpoint-dependent'
}

/** Our outer addresses, those that most observers saw first: at most {@link PUNCH.maxAddresses}, as multiaddrs. */
export function outerAddresses(observations: readonly Observation[]): string[] {
  return byVotes(observations)
    .slice(0, PUNCH.maxAddresses)
    .map(({ host, port }) => `/ip${host.includes(':') ? 6 : 4}/${host}/tcp/${port}`)
}

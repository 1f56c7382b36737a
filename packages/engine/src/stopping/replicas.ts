/**
 * For how long it counts that somebody had all of a share, ms of wall time: a day, so that machines that are on in the
 * evening alone count.
 */
export const REPLICA_FRESH: number = 24 * 60 * 60 * 1000
/** Sightings kept for one share; the oldest go first. No rule can ask for more. */
export const MOST_REPLICAS = 200

/** That a peer told us, over a connection of ours, that it has every piece. */
export interface ReplicaSighting {
  readonly peer: string
  /** Where it was: see {@link seatOf}. */
  readonly seat: string
  /** Wall time, ms. */
  readonly at: number
}

/**
 * Takes in one sighting. A peer counts once wherever it is, and a place counts once whoever is there: keys of peers
 * cost nothing, addresses do. Pure.
 */
export function withSighting(all: readonly ReplicaSighting[], seen: ReplicaSighting): ReplicaSighting[] {
  const others = all.filter(({ peer, seat }) => peer !== seen.peer && seat !== seen.seat)
  return [...others, seen].slice(-MOST_REPLICAS)
}

/** Forgets that a peer had all of it. Pure. */
export function withoutPeer(all: readonly ReplicaSighting[], peer: string): ReplicaSighting[] {
  return all.filter((sighting) => sighting.peer !== peer)
}

/** Those of them that still count; one from the future, after the clock was set back, counts as just seen. */
export function freshSightings(all: readonly ReplicaSighting[], wallTime: number): ReplicaSighting[] {
  return all.filter(({ at }) => wallTime - at < REPLICA_FRESH)
}

/**
 * Where a peer is, as far as two peers there may well be one: its IPv4 address, the /64 of its IPv6 address, its
 * name, or the relay that it is reached over.
 * @param address - a multiaddr; anything else is taken as it is
 */
export function seatOf(address: string, relayed: boolean): string {
  const [, kind = '', host = ''] = address.split('/')
  const seat = kind === 'ip6' ? ip6Seat(host) : host === '' ? address : host
  return relayed ? `relay ${seat}` : seat
}

/** The first 64 bits; of an IPv4 address in IPv6 form that address. */
function ip6Seat(host: string): string {
  const plain = host.toLowerCase().split('%')[0] ?? ''
  const mapped = /^(?:0*:)*:?(?:0:)*ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  const [head = '', tail] = plain.split('::')
  const groups = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const gap = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length)
  const all = [...groups, ...Array.from({ length: gap }, () => '0'), ...after]
  return `${all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`
}

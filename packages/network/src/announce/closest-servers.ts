import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { kadPlace } from '../dht/kad-key.ts'

/** A DHT server and its place in the key space. */
export interface Server {
  readonly peer: string
  /** sha2-256 of the peer id, 32 bytes. */
  readonly place: Uint8Array
}

/** The server with a peer id, or its text. */
export function serverOf(peer: PeerId | string): Server {
  const id = typeof peer === 'string' ? peerIdFromString(peer) : peer
  return { peer: id.toString(), place: kadPlace(id.toMultihash().bytes) }
}

/** Bits of a place. */
const BITS = 256

/** Sorts by place, in the order in which {@link closestServers} wants them; a new array. */
export function inOrder<S extends Server>(servers: Iterable<S>): S[] {
  return [...servers].sort((a, b) => Buffer.compare(a.place, b.place))
}

/**
 * The servers closest to a place by XOR, as indexes into `servers`, not in order of distance. Walks
 * down the tree of bits: the half on the place's side is nearer as a whole, so nothing is compared
 * with anything. About a microsecond.
 *
 * @param servers - in order of their places
 * @param count - how many; all when there are fewer
 */
export function closestServers(servers: readonly Server[], place: Uint8Array, count: number): number[] {
  const found: number[] = []
  take({ servers, place, found }, [0, servers.length], 0, count)
  return found
}

interface Search {
  servers: readonly Server[]
  place: Uint8Array
  found: number[]
}

function take(search: Search, [from, to]: [number, number], depth: number, wanted: number): void {
  if (to - from <= wanted || depth >= BITS) {
    for (let i = from; i < Math.min(to, from + wanted); i++) search.found.push(i)
    return
  }
  if (wanted <= 0) return
  const middle = firstWithBit(search.servers, from, to, depth)
  const lower: [number, number] = [from, middle]
  const upper: [number, number] = [middle, to]
  const [near, far] = bitAt(search.place, depth) === 1 ? [upper, lower] : [lower, upper]
  take(search, near, depth + 1, wanted)
  take(search, far, depth + 1, wanted - (near[1] - near[0]))
}

/** Index of the first server in `from` … `to` − 1 that has the bit; all there agree on the bits before it. */
function firstWithBit(servers: readonly Server[], from: number, to: number, depth: number): number {
  let low = from
  let high = to
  while (low < high) {
    const middle = (low + high) >> 1
    if (bitAt(servers[middle]?.place, depth) === 1) high = middle
    else low = middle + 1
  }
  return low
}

function bitAt(place: Uint8Array | undefined, depth: number): number {
  return ((place?.[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1
}

/** Somebody whom a lookup may ask. */
export interface LookupPeer {
  /** Peer id text. */
  name: string
  /** Place in the key space. */
  position: bigint
}

/** How far and how fast a lookup goes. */
export interface LookupShape {
  /** How many of the closest servers must have answered, on each path. */
  replicas: number
  /**
   * Paths that share no server: whoever is met on one is not asked on another, so that a liar can
   * mislead only its own (S/Kademlia, Baumgart and Mies 2007). They ask `paths` times as many servers.
   */
  paths: number
  /** Requests at a time, on each path. */
  concurrency: number
  /** Requests in all, whatever the answers promise. */
  maxRequests: number
  /** Whether somebody who lies there and was named by others may be asked; everybody when missing. */
  admits?: (position: bigint) => boolean
}

/** One server and what became of asking it. */
interface Entry<P extends LookupPeer> {
  peer: P
  distance: bigint
  /** Steps from our own table: 1 for those in it. */
  hops: number
  state: 'known' | 'asked' | 'slow' | 'answered' | 'failed'
  path: Path<P>
}

interface Path<P extends LookupPeer> {
  /** Closest first. */
  entries: Entry<P>[]
  asked: number
}

/** Candidates kept on a path; far ones are forgotten first, so that answers cannot fill memory. */
const MAX_KNOWN = 200

/**
 * The decisions of one walk through a DHT towards a target: whom to ask next, and when it is over.
 * Whoever runs it asks those of {@link next} and tells what came back. A path is over when its
 * `replicas` closest servers, failed ones aside, have answered, or when nobody is left to ask.
 */
export class Lookup<P extends LookupPeer> {
  readonly target: bigint
  #shape: LookupShape
  /** Ourselves without an entry. */
  readonly #entries = new Map<string, Entry<P> | undefined>()
  readonly #paths: Path<P>[]
  #requests = 0

  /**
   * @param start - servers known before, closest first; they are dealt out to the paths in turn
   * @param self - name of this node, which is never asked
   */
  constructor(target: bigint, start: readonly P[], shape: LookupShape, self?: string) {
    this.target = target
    this.#shape = shape
    this.#paths = Array.from({ length: Math.max(1, shape.paths) }, () => ({ entries: [], asked: 0 }))
    if (self !== undefined) this.#entries.set(self, undefined)
    for (const [i, peer] of start.entries()) {
      const path = this.#paths[i % this.#paths.length]
      if (path !== undefined) this.#learn(peer, path, 1)
    }
  }

  /** Requests made so far. */
  get requests(): number {
    return this.#requests
  }

  /** Goes on, with another end: what is known already counts. The number of paths stays. */
  widen(shape: Partial<Omit<LookupShape, 'paths'>>): void {
    this.#shape = { ...this.#shape, ...shape }
  }

  /** Whoever should be asked now; each is taken for asked from here on. */
  next(): P[] {
    const out: P[] = []
    for (const path of this.#paths) {
      while (path.asked < this.#shape.concurrency && this.#requests < this.#shape.maxRequests) {
        const entry = this.#nearest(path).find(({ state }) => state === 'known')
        if (entry === undefined) break
        entry.state = 'asked'
        path.asked++
        this.#requests++
        out.push(entry.peer)
      }
    }
    return out
  }

  /**
   * A server answered and named others.
   * @returns steps that lead to it, 1 for one of our own table
   */
  answered(name: string, closer: readonly P[]): number {
    const entry = this.#entries.get(name)
    if (entry === undefined) return 0
    this.#settle(entry, 'answered')
    const { admits } = this.#shape
    for (const peer of closer) {
      if (admits === undefined || admits(peer.position)) this.#learn(peer, entry.path, entry.hops + 1)
    }
    return entry.hops
  }

  /** Asking a server came to nothing. */
  failed(name: string): void {
    const entry = this.#entries.get(name)
    if (entry !== undefined) this.#settle(entry, 'failed')
  }

  /** A server has not answered for long: it holds nobody up any more, but may still answer. */
  slow(name: string): void {
    const entry = this.#entries.get(name)
    if (entry?.state === 'asked') this.#settle(entry, 'slow')
  }

  /** Whether all is asked that should be; those who are slow are waited for only when too few have answered. */
  get isOver(): boolean {
    return this.#paths.every((path) => {
      const nearest = this.#nearest(path)
      if (nearest.some(({ state }) => state === 'asked')) return false
      if (nearest.some(({ state }) => state === 'known')) return this.#requests >= this.#shape.maxRequests
      return nearest.length >= this.#shape.replicas || path.entries.every(({ state }) => state !== 'slow')
    })
  }

  /** All that answered, closest first. */
  get closest(): P[] {
    return this.#withState('answered')
  }

  /** All that did not. */
  get unreachable(): P[] {
    return this.#withState('failed')
  }

  #withState(state: Entry<P>['state']): P[] {
    return this.#paths
      .flatMap(({ entries }) => entries.filter((entry) => entry.state === state))
      .sort(byDistance)
      .map(({ peer }) => peer)
  }

  /** The `replicas` closest of a path that have not failed us. */
  #nearest({ entries }: Path<P>): Entry<P>[] {
    const out: Entry<P>[] = []
    for (const entry of entries) {
      if (entry.state === 'failed' || entry.state === 'slow') continue
      out.push(entry)
      if (out.length >= this.#shape.replicas) break
    }
    return out
  }

  #settle(entry: Entry<P>, state: Entry<P>['state']): void {
    if (entry.state === 'asked') entry.path.asked--
    entry.state = state
  }

  #learn(peer: P, path: Path<P>, hops: number): void {
    if (this.#entries.has(peer.name)) return
    const entry: Entry<P> = { peer, distance: peer.position ^ this.target, hops, state: 'known', path }
    let at = path.entries.length
    while (at > 0 && (path.entries[at - 1]?.distance ?? 0n) > entry.distance) at--
    path.entries.splice(at, 0, entry)
    this.#entries.set(peer.name, entry)
    if (path.entries.length > MAX_KNOWN) this.#forgetFarthest(path)
  }

  #forgetFarthest(path: Path<P>): void {
    const at = path.entries.findLastIndex(({ state }) => state === 'known')
    if (at < 0) return
    for (const { peer } of path.entries.splice(at, 1)) this.#entries.delete(peer.name)
  }
}

function byDistance(a: { distance: bigint }, b: { distance: bigint }): number {
  return a.distance < b.distance ? -1 : 1
}

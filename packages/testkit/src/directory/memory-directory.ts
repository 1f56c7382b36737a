import type {
  AnnouncingStatus,
  ContentKey,
  Directory,
  FindReport,
  PeerAddress,
  PeerName,
  Provider,
  Publication,
  PublicationStatus
} from '@p2pshare/ports'
import { HOUR } from '@p2pshare/base'

/** Time between two cycles, ms. */
const CYCLE = 22 * HOUR

/** What a board knows of one peer. */
interface Member {
  address: PeerAddress
  publications: Map<string, Publication>
}

/**
 * The notice board that the fake directories of one test share: what one publishes, the others
 * find at once.
 */
export class DirectoryBoard {
  readonly #members = new Map<PeerName, Member>()
  /** Wall time (ms) written into records; set it to make them look old. */
  wallTime = 0
  /** When false, every search ends with `no-servers`, as in a network without DHT servers. */
  reachable = true

  /** The directory of one peer; asking again for the same peer gives a second view of the same records. */
  join(address: PeerAddress): MemoryDirectory {
    const member = this.#members.get(address.peer) ?? {
      address,
      publications: new Map<string, Publication>()
    }
    this.#members.set(address.peer, member)
    return new MemoryDirectory(this, member)
  }

  /** Forgets a peer with all its records. */
  leave(peer: PeerName): void {
    this.#members.delete(peer)
  }

  /** Peers that published a key, in the order in which they joined. */
  providers(key: ContentKey): PeerAddress[] {
    return [...this.#members.values()].filter((each) => holds(each, key)).map((each) => each.address)
  }
}

/** A {@link Directory} on a {@link DirectoryBoard}: searches end at once, announcing takes no time. */
export class MemoryDirectory implements Directory {
  readonly sources: readonly Provider['source'][] = ['lan-dht']
  readonly #board: DirectoryBoard
  readonly #member: Member
  /** Keys searched for so far, for tests that look at what was asked. */
  readonly searches: ContentKey[] = []

  constructor(board: DirectoryBoard, member: Member) {
    this.#board = board
    this.#member = member
  }

  async *find(
    key: ContentKey,
    options: { signal: AbortSignal; only?: Provider['source']; onReport?: (report: FindReport) => void }
  ): AsyncGenerator<Provider> {
    this.searches.push(key)
    const source = 'lan-dht'
    const others = this.#board.reachable
      ? this.#board.providers(key).filter((each) => each.peer !== this.#member.address.peer)
      : []
    let providers = 0
    for (const each of others) {
      // A turn of the event loop, as any real search takes: callers must not count on order.
      await Promise.resolve()
      if (options.signal.aborted) break
      providers++
      yield { ...each, source }
    }
    const empty = options.signal.aborted ? 'timed-out' : this.#board.reachable ? 'nobody' : 'no-servers'
    options.onReport?.({ source, outcome: providers > 0 ? 'found' : empty, providers })
  }

  publish(publication: Publication): void {
    this.#member.publications.set(publication.share, publication)
  }

  withdraw(share: string): void {
    this.#member.publications.delete(share)
  }

  publicationStatus(share: string): PublicationStatus | undefined {
    const publication = this.#member.publications.get(share)
    if (publication === undefined) return undefined
    const total = 1 + publication.files.count + publication.chunks.count
    const oldest = this.#board.wallTime
    return { announced: total, total, oldest, nextCycle: oldest + CYCLE }
  }

  announcing(): AnnouncingStatus[] {
    const all = [...this.#member.publications.keys()].flatMap((share) => this.publicationStatus(share) ?? [])
    const total = all.reduce((sum, each) => sum + each.total, 0)
    const { wallTime } = this.#board
    const oldest = all.length === 0 ? undefined : wallTime
    return [
      { source: 'lan-dht', announced: total, total, oldest, nextCycle: wallTime + CYCLE, warning: undefined }
    ]
  }
}

function holds(member: Member, key: ContentKey): boolean {
  for (const { root, files, chunks } of member.publications.values()) {
    if (same(root, key)) return true
    for (const list of [files, chunks]) {
      for (let i = 0; i < list.count; i++) if (same(list.key(i), key)) return true
    }
  }
  return false
}

function same(a: ContentKey, b: ContentKey): boolean {
  return a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i])
}

import type { Rng } from '@p2pshare/base'
import type {
  AnnouncingStatus,
  ContentKey,
  Directory,
  FindReport,
  PeerName,
  Provider,
  Publication,
  PublicationStatus
} from '@p2pshare/ports'
import type { StepClock } from './step-clock.ts'

/** Providers that one search brings at most. */
const FOUND = 50
/** How long a search takes (ms), from the least to the most. */
const SEARCH_TIME = [500, 2000] as const

/** Who provides the one share of a simulation; a search brings some of them, chosen by chance. */
export class SimBoard {
  readonly #clock: StepClock
  readonly #rng: Rng
  /** Peers by root digest, in hex. */
  readonly #providers = new Map<string, Set<PeerName>>()

  constructor(clock: StepClock, rng: Rng) {
    this.#clock = clock
    this.#rng = rng
  }

  join(peer: PeerName): SimDirectory {
    return new SimDirectory(this, peer)
  }

  add(root: ContentKey, peer: PeerName): void {
    const key = hex(root)
    const present = this.#providers.get(key)
    if (present === undefined) this.#providers.set(key, new Set([peer]))
    else present.add(peer)
  }

  remove(peer: PeerName): void {
    for (const peers of this.#providers.values()) peers.delete(peer)
  }

  /** A search's answer after the time it takes. */
  async search(key: ContentKey, asking: PeerName): Promise<PeerName[]> {
    const [least, most] = SEARCH_TIME
    await this.#clock.sleep(least + this.#rng.below(most - least))
    const all = [...(this.#providers.get(hex(key)) ?? [])].filter((peer) => peer !== asking)
    const count = Math.min(FOUND, all.length)
    for (let i = 0; i < count; i++) {
      const j = i + this.#rng.below(all.length - i)
      ;[all[i], all[j]] = [all[j] as PeerName, all[i] as PeerName]
    }
    return all.slice(0, count)
  }
}

/** The Directory of one simulated node: announcing takes no time, searching a second or so. */
export class SimDirectory implements Directory {
  readonly sources: readonly Provider['source'][] = ['lan-dht']
  readonly #board: SimBoard
  readonly #peer: PeerName

  constructor(board: SimBoard, peer: PeerName) {
    this.#board = board
    this.#peer = peer
  }

  async *find(
    key: ContentKey,
    options: { signal: AbortSignal; only?: Provider['source']; onReport?: (report: FindReport) => void }
  ): AsyncGenerator<Provider> {
    const found = await this.#board.search(key, this.#peer)
    const source = 'lan-dht'
    for (const peer of found) {
      if (options.signal.aborted) break
      yield { peer, addresses: [`/sim/${peer}/p2p/${peer}`], source }
    }
    const outcome = found.length > 0 ? 'found' : 'nobody'
    options.onReport?.({ source, outcome, providers: found.length })
  }

  publish(publication: Publication): void {
    this.#board.add(publication.root, this.#peer)
  }

  withdraw(): void {
    this.#board.remove(this.#peer)
  }

  publicationStatus(): PublicationStatus | undefined {
    return undefined
  }

  announcing(): AnnouncingStatus[] {
    return []
  }
}

const hex = (key: ContentKey): string => Buffer.from(key).toString('hex')

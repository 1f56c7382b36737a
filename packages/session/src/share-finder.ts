import {
  type Bitfield,
  type CancelTimer,
  HOUR,
  type Millis,
  millis,
  type PieceIndex,
  printable,
  SECOND
} from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import { DialPlan, type DialCandidate } from '@p2pshare/engine'
import type { ContentKey, FindReport, PeerAddress, PeerName, Provider } from '@p2pshare/ports'
import { findHolders } from './holder-search.ts'
import type { LinkPeer } from './link-peer.ts'
import type { NodeParts } from './node-parts.ts'
import type { PeerHint } from './participant.ts'
import { PeerExchange } from './peer-exchange.ts'
import type { SharePeers } from './share-peers.ts'

/** How long one search of the DHTs may take. */
const SEARCH_TIMEOUT = millis(60_000)
/** How long one dial may take, with the swarm handshake. */
const DIAL_TIMEOUT = millis(15_000)
/** Pause between searches while nobody is connected: from the first doubling to the second. */
const FIRST_PAUSE = millis(2 * SECOND)
const LONGEST_PAUSE = millis(60 * SECOND)
/** Pause between searches while somebody is connected, to widen the swarm. */
const CONNECTED_PAUSE = millis(2 * 60 * SECOND)
/** Names kept to count who was found. */
const MAX_HEARD = 2000
/** Connected peers that are asked for the share before anybody is looked for. */
const MAX_NEIGHBOURS = 8
/** Keys looked up for one wish; the engine wishes again. */
const MAX_SOUGHT = 8

/** What the finder tells the share it works for. */
export interface FinderOwner {
  readonly cid: string
  readonly rootDigest: ContentKey
  readonly hints: readonly PeerHint[]
  readonly peers: SharePeers
  /** Says to a linked peer that we take part. */
  greet(peer: LinkPeer): void
  onHolder(peer: LinkPeer, pieces: Bitfield): void
  changed(): void
}

/** What finding is at, for display. */
export interface FinderReport {
  found: number
  connected: number
  dialing: number
  tried: FindReport[]
}

/** Finds peers for one share and dials them, until stopped. */
export class ShareFinder {
  /** What members tell each other; goes on after the search has stopped, for the others. */
  readonly exchange: PeerExchange
  readonly #parts: NodeParts
  readonly #owner: FinderOwner
  readonly #plan: DialPlan
  readonly #heard = new Set<PeerName>()
  /** Those of them that other members told of. */
  readonly #toldOf = new Set<PeerName>()
  readonly #tried = new Map<string, FindReport>()
  #stopping: AbortController | undefined
  #searching = false
  #seeking = false
  #pause: number = FIRST_PAUSE
  #nextSearch: Millis = millis(0)
  #dialTimer: CancelTimer | undefined

  constructor(parts: NodeParts, owner: FinderOwner) {
    this.#parts = parts
    this.#owner = owner
    this.#plan = new DialPlan({ rng: parts.rng })
    this.exchange = new PeerExchange(parts, { cid: owner.cid, peers: owner.peers, finder: this })
  }

  get report(): FinderReport {
    const { connectedCount, dialingCount } = this.#plan
    return {
      found: this.#heard.size,
      connected: connectedCount,
      dialing: dialingCount,
      tried: [...this.#tried.values()]
    }
  }

  start(): void {
    if (this.#stopping !== undefined) return
    this.#stopping = new AbortController()
    this.#pause = FIRST_PAUSE
    this.#nextSearch = this.#parts.clock.now()
    for (const { peer, addresses } of this.#owner.hints) this.#offer({ peer, addresses, source: 'hint' })
    this.#askNeighbours(this.#stopping.signal)
    this.tick()
  }

  stop(): void {
    this.#stopping?.abort()
    this.#stopping = undefined
    this.#dialTimer?.()
    this.#dialTimer = undefined
  }

  /** Tells members what is due, and searches again when it is time; called once a second. */
  tick(): void {
    this.exchange.tick()
    if (this.#stopping === undefined) return
    if (!this.#searching && this.#parts.clock.now() >= this.#nextSearch)
      void this.#search(this.#stopping.signal)
    this.#dial()
  }

  onJoined(peer: PeerName): void {
    if (this.#heard.size < MAX_HEARD) this.#heard.add(peer)
    this.#plan.connected(peer, this.#parts.clock.now())
    this.#pause = FIRST_PAUSE
  }

  onLeft(peer: PeerName): void {
    const now = this.#parts.clock.now()
    this.#plan.disconnected(peer, now)
    if (this.#plan.connectedCount === 0)
      this.#nextSearch = millis(Math.min(this.#nextSearch, now + FIRST_PAUSE))
    this.#dial()
  }

  /** Whether peers are looked for: from start to stop. */
  get isSeeking(): boolean {
    return this.#stopping !== undefined
  }

  /** A member told where a peer can be reached: another one, or (`bySelf`) itself. */
  onExchanged({ peer, addresses }: Omit<DialCandidate, 'source'>, bySelf: boolean): void {
    if (this.#stopping === undefined) return
    if (!bySelf && this.#toldOf.size < MAX_HEARD) {
      this.#toldOf.add(peer)
      this.#note({ source: 'exchange', outcome: 'found', providers: this.#toldOf.size })
    }
    this.#offer({ peer, addresses, source: 'exchange' })
  }

  onLacks(peer: PeerName): void {
    this.#plan.lacksShare(peer, this.#parts.clock.now())
  }

  /** Looks for anyone who has these blocks, whatever share they belong to, to fetch the index from. */
  seek(digests: readonly ContentKey[]): void {
    void this.#seek(async (signal) => {
      for (const digest of digests.slice(0, MAX_SOUGHT)) await this.#searchKey(digest, signal)
    })
  }

  /** Looks for anyone who has these pieces or their files as part of another share. */
  seekPieces(layout: ShareLayout, pieces: readonly PieceIndex[]): void {
    void this.#seek((signal) =>
      findHolders(this.#parts, {
        layout,
        pieces: pieces.slice(0, MAX_SOUGHT),
        signal,
        skip: (peer) => this.#parts.links.find(peer)?.shares(this.#owner.cid) === true,
        onReport: (report) => this.#note(report),
        onHolder: (peer, held) => this.#owner.onHolder(peer, held)
      })
    )
  }

  async #seek(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.#seeking || this.#stopping === undefined) return
    this.#seeking = true
    const { signal, end } = this.#limited(this.#stopping.signal, SEARCH_TIMEOUT)
    try {
      await work(signal)
    } catch (error) {
      this.#parts.log.debug({ cid: this.#owner.cid, error }, 'seeking a block failed')
    } finally {
      end()
      this.#seeking = false
    }
  }

  async #search(stopped: AbortSignal): Promise<void> {
    this.#searching = true
    const { signal, end } = this.#limited(stopped, SEARCH_TIMEOUT)
    try {
      await this.#searchKey(this.#owner.rootDigest, signal)
    } catch (error) {
      this.#parts.log.debug({ cid: this.#owner.cid, error }, 'search failed')
    } finally {
      end()
      this.#searching = false
      const pause = this.#plan.connectedCount > 0 ? CONNECTED_PAUSE : this.#pause
      this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE)
      this.#nextSearch = millis(this.#parts.clock.now() + pause)
      this.#owner.changed()
    }
  }

  async #searchKey(key: ContentKey, signal: AbortSignal): Promise<void> {
    const found = this.#parts.directory.find(key, { signal, onReport: (report) => this.#note(report) })
    for await (const provider of found) this.#offer(provider)
  }

  #note(report: FindReport): void {
    this.#tried.set(report.source, report)
    this.#owner.changed()
  }

  #offer(candidate: DialCandidate | Provider): void {
    if (candidate.peer === this.#parts.network.self || this.#parts.trust.isBanned(candidate.peer)) return
    if (this.#heard.size < MAX_HEARD) this.#heard.add(candidate.peer)
    this.#plan.add(candidate, this.#parts.clock.now())
    this.#owner.changed()
    this.#dial()
  }

  /** Who is connected anyway may have it: asking takes two round trips, a search in a DHT takes more. */
  #askNeighbours(stopped: AbortSignal): void {
    const { network, trust } = this.#parts
    const neighbours = network.neighbours().filter((peer) => !trust.isBanned(peer))
    for (const peer of neighbours.slice(0, MAX_NEIGHBOURS)) void this.#link({ peer, addresses: [] }, stopped)
  }

  #dial(): void {
    if (this.#stopping === undefined) return
    const now = this.#parts.clock.now()
    for (const candidate of this.#plan.next(now)) void this.#dialOne(candidate, this.#stopping.signal)
    this.#dialTimer?.()
    const at = this.#plan.nextWake(now)
    const wait = at === undefined ? undefined : millis(Math.min(Math.max(at - now, 1), HOUR))
    this.#dialTimer = wait === undefined ? undefined : this.#parts.clock.after(wait, () => this.#dial())
  }

  async #dialOne(candidate: DialCandidate, stopped: AbortSignal): Promise<void> {
    const failure = await this.#link(candidate, stopped)
    if (failure !== undefined && !stopped.aborted)
      this.#note({ source: candidate.source, outcome: 'failed', providers: 1, text: failure })
    this.#plan.dialed(candidate.peer, failure === undefined, this.#parts.clock.now())
    this.#owner.changed()
    this.#dial()
  }

  /** Links a peer and tells it that we take part; answers why it came to nothing. */
  async #link(target: PeerAddress, stopped: AbortSignal): Promise<string | undefined> {
    const { signal, end } = this.#limited(stopped, DIAL_TIMEOUT)
    try {
      await this.#parts.network.link(target, signal)
      const peer = this.#parts.links.find(target.peer)
      if (peer === undefined) return 'the link has ended'
      if (!stopped.aborted) this.#owner.greet(peer)
      return undefined
    } catch (error) {
      const text = printable(error instanceof Error ? error.message : String(error))
      this.#parts.log.debug({ peer: target.peer, text }, 'dial failed')
      return text
    } finally {
      end()
    }
  }

  /** A signal that ends with the finder or after `limit`; `end` takes its timer back. */
  #limited(stopped: AbortSignal, limit: Millis): { signal: AbortSignal; end: () => void } {
    const own = new AbortController()
    const abort = (): void => own.abort()
    if (stopped.aborted) abort()
    stopped.addEventListener('abort', abort, { once: true })
    const cancel = this.#parts.clock.after(limit, abort)
    return {
      signal: own.signal,
      end: () => {
        cancel()
        stopped.removeEventListener('abort', abort)
      }
    }
  }
}

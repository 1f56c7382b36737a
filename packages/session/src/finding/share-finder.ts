import {
  type Bitfield,
  type CancelTimer,
  HOUR,
  type Millis,
  millis,
  type PieceIndex,
  printable
} from '@p2pshare/base'
import type { ShareLayout } from '@p2pshare/content'
import {
  DialPlan,
  type DialCandidate,
  type Provision,
  provisionKind,
  type ProvisionKind
} from '@p2pshare/engine'
import type { ContentKey, FindReport, PeerAddress, PeerName, Provider } from '@p2pshare/ports'
import type { RefuseReason } from '@p2pshare/wire'
import { findHolders } from '../fetching/holder-search.ts'
import type { LinkPeer } from '../peers/link-peer.ts'
import type { NodeParts } from '../node-parts.ts'
import type { PeerHint } from '../peers/participant.ts'
import { PeerExchange } from '../peers/peer-exchange.ts'
import type { SharePeers } from '../peers/share-peers.ts'
import { type DialFailure, dialFailure } from './dial-outcome.ts'
import { FindingLog } from './finding-log.ts'
import type { FindingReport } from './finding-report.ts'
import { usableHints } from './hints.ts'
import { limitedSignal } from './limited-signal.ts'
import { NeighbourSearch } from './neighbour-search.ts'
import { SEARCH_TIMEOUT, SourceSearch } from './source-search.ts'

/** How long one dial may take, with the swarm handshake. */
const DIAL_TIMEOUT = millis(15_000)
/** Names kept to count who was found. */
const MAX_HEARD = 2000
/** Keys looked up for one wish; the engine wishes again. */
const MAX_SOUGHT = 8
/** For how long a look at what peers have counts, ms. */
const PROVISION_FRESH = 3000

/** What the finder tells the share it works for. */
export interface FinderOwner {
  readonly cid: string
  readonly rootDigest: ContentKey
  readonly hints: readonly PeerHint[]
  readonly peers: SharePeers
  /** How well the connected peers provide for us. Cost: O(pieces × peers) at worst. */
  provision(): Provision
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

/** Reasons of a peer that has the share and may serve it soon. */
const FOR_NOW: ReadonlySet<RefuseReason> = new Set(['paused', 'busy', 'unavailable'])

/**
 * Finds peers for one share and dials them, until stopped. Every source is asked at the same time and on its own:
 * the link, peers of earlier runs, peers that are connected anyway, the LAN, the members, and each DHT.
 */
export class ShareFinder {
  /** What members tell each other; goes on after the search has stopped, for the others. */
  readonly exchange: PeerExchange
  readonly #parts: NodeParts
  readonly #owner: FinderOwner
  readonly #plan: DialPlan
  readonly #log = new FindingLog()
  readonly #searches: readonly SourceSearch[]
  readonly #neighbours: NeighbourSearch
  readonly #heard = new Set<PeerName>()
  /** Those of them that other members told of. */
  readonly #toldOf = new Set<PeerName>()
  /** Members that we dialled, with the address at which they answered. */
  readonly #reached = new Map<PeerName, string>()
  #hints = { given: 0, leftOut: 0 }
  #stopping: AbortController | undefined
  #seeking = false
  #kind: { kind: ProvisionKind; at: Millis; peers: number } | undefined
  #dialTimer: CancelTimer | undefined

  constructor(parts: NodeParts, owner: FinderOwner) {
    this.#parts = parts
    this.#owner = owner
    this.#plan = new DialPlan({ rng: parts.rng, memory: parts.peerMemory })
    this.exchange = new PeerExchange(parts, { cid: owner.cid, peers: owner.peers, finder: this })
    const onProvider = (provider: Provider): void => this.#offer(provider)
    const onReport = (report: FindReport): void => this.#note(report)
    const shared = { key: owner.rootDigest, log: this.#log, onProvider, onReport }
    this.#searches = parts.directory.sources.map((source) => new SourceSearch(parts, { ...shared, source }))
    this.#neighbours = new NeighbourSearch(parts, {
      log: this.#log,
      isMember: (peer) => owner.peers.find(peer) !== undefined,
      ask: (peer) => this.#askNeighbour(peer)
    })
  }

  get report(): FinderReport {
    const { connectedCount, dialingCount } = this.#plan
    const { tried } = this.#log
    return { found: this.#heard.size, connected: connectedCount, dialing: dialingCount, tried }
  }

  /** All that finding did, for `p2pshare why`. */
  get findings(): FindingReport {
    const dials = this.#log.dials.map((dial) => ({ ...dial, ...this.#plan.outlook(dial.peer) }))
    return { sources: this.#log.sources, dials, hints: this.#hints }
  }

  /** How badly more peers are needed. */
  get need(): ProvisionKind {
    const now = this.#parts.clock.now()
    const { size } = this.#owner.peers
    const known = this.#kind
    if (known !== undefined && known.peers === size && now - known.at < PROVISION_FRESH) return known.kind
    const kind = provisionKind(this.#owner.provision())
    this.#kind = { kind, at: now, peers: size }
    return kind
  }

  start(): void {
    if (this.#stopping !== undefined) return
    this.#stopping = new AbortController()
    for (const search of this.#searches) search.reset()
    this.#neighbours.reset()
    this.#takeHints()
    const known = this.#parts.knownPeers.of(this.#owner.cid)
    if (known.length > 0)
      this.#log.settle('known', { outcome: 'found', providers: known.length }, this.#parts.clock.now())
    for (const address of known) this.#offer({ ...address, source: 'known' })
    this.tick()
  }

  stop(): void {
    this.#stopping?.abort()
    this.#stopping = undefined
    this.#dialTimer?.()
    this.#dialTimer = undefined
    this.#parts.knownPeers.add(this.#owner.cid, this.#reached)
    this.#reached.clear()
  }

  /** Tells members what is due, and asks the sources whose time has come; called once a second. */
  tick(): void {
    this.exchange.tick()
    if (this.#stopping === undefined) return
    const kind = this.need
    for (const search of this.#searches) search.tick(kind, this.#stopping.signal)
    if (kind !== 'enough') {
      this.#neighbours.tick()
      this.#takeDiscovered()
    }
    this.#dial()
  }

  onJoined(peer: PeerName): void {
    const now = this.#parts.clock.now()
    if (this.#heard.size < MAX_HEARD) this.#heard.add(peer)
    this.#plan.connected(peer, now)
    this.#log.dial(peer, { outcome: 'connected', failures: 0 }, now)
    const link = this.#parts.links.find(peer)?.link
    if (link !== undefined && !link.inbound && !link.relayed && this.#reached.size < MAX_HEARD)
      this.#reached.set(peer, link.remoteAddress)
  }

  onLeft(peer: PeerName): void {
    this.#plan.disconnected(peer, this.#parts.clock.now())
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

  /** Whether it is looked for, since it may have the share. */
  isSought(peer: PeerName): boolean {
    return this.isSeeking && this.#heard.has(peer)
  }

  /** One of us two has too many connections. */
  onTurnedAway(peer: PeerName): void {
    this.#plan.turnedAway(peer, this.#parts.clock.now())
  }

  /** The peer does not take part, and said why. */
  onLacks(peer: PeerName, reason?: RefuseReason): void {
    const now = this.#parts.clock.now()
    if (reason !== undefined && FOR_NOW.has(reason)) this.#plan.refuses(peer, now)
    else this.#plan.lacksShare(peer, now)
    this.#log.dial(peer, { outcome: 'lacks-share', text: reason }, now)
    this.#dial()
  }

  /** Looks for anyone who has these blocks, whatever share they belong to, to fetch the index from. */
  seek(digests: readonly ContentKey[]): void {
    void this.#seek(async (signal) => {
      const { directory } = this.#parts
      for (const digest of digests.slice(0, MAX_SOUGHT)) {
        const onReport = (report: FindReport): void => this.#note(report)
        for await (const provider of directory.find(digest, { signal, onReport })) this.#offer(provider)
      }
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
    const { signal, end } = limitedSignal(this.#stopping.signal, SEARCH_TIMEOUT, this.#parts.clock)
    try {
      await work(signal)
    } catch (error) {
      this.#parts.log.debug({ cid: this.#owner.cid, error }, 'seeking a block failed')
    } finally {
      end()
      this.#seeking = false
    }
  }

  #takeHints(): void {
    const { usable, given, leftOut, text } = usableHints(this.#owner.hints, this.#parts.network)
    this.#hints = { given, leftOut }
    if (given === 0) return
    const outcome = usable.length > 0 ? 'found' : 'failed'
    this.#note({ source: 'hint', outcome, providers: usable.length, ...(text === undefined ? {} : { text }) })
    for (const { peer, addresses } of usable) this.#offer({ peer, addresses, source: 'hint' })
  }

  /** The network knows where peers of the LAN are; to name them is enough. */
  #takeDiscovered(): void {
    const { on, peers } = this.#parts.network.discovered()
    const now = this.#parts.clock.now()
    if (on)
      this.#log.settle(
        'mdns',
        { outcome: peers.length > 0 ? 'found' : 'nobody', providers: peers.length },
        now
      )
    for (const peer of peers) if (!this.#heard.has(peer)) this.#offer({ peer, addresses: [], source: 'mdns' })
  }

  #note(report: FindReport): void {
    this.#log.answered(report, this.#parts.clock.now())
    this.#owner.changed()
  }

  #offer(candidate: DialCandidate | Provider): void {
    if (candidate.peer === this.#parts.network.self || this.#parts.trust.isBanned(candidate.peer)) return
    if (this.#heard.size < MAX_HEARD) this.#heard.add(candidate.peer)
    this.#plan.add(candidate, this.#parts.clock.now())
    this.#owner.changed()
    this.#dial()
  }

  async #askNeighbour(peer: PeerName): Promise<void> {
    if (this.#stopping !== undefined) await this.#link({ peer, addresses: [] }, this.#stopping.signal)
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
    const { peer, addresses, source } = candidate
    this.#log.dial(peer, { source, addresses, outcome: 'dialling' }, this.#parts.clock.now())
    const failure = await this.#link(candidate, stopped)
    const now = this.#parts.clock.now()
    if (stopped.aborted) this.#plan.calledOff(peer)
    else this.#plan.dialed(peer, failure === undefined, now)
    if (failure !== undefined && !stopped.aborted) {
      const { failures, nextAt } = this.#plan.outlook(peer)
      this.#log.dial(peer, { ...failure, failures, nextAt }, now)
      if (source === 'hint' || source === 'known') this.#log.unreachable(source, failure.text)
    }
    this.#owner.changed()
    this.#dial()
  }

  /** Links a peer and tells it that we take part; answers why it came to nothing. */
  async #link(target: PeerAddress, stopped: AbortSignal): Promise<DialFailure | undefined> {
    const { signal, end } = limitedSignal(stopped, DIAL_TIMEOUT, this.#parts.clock)
    try {
      await this.#parts.network.link(target, signal)
      const peer = this.#parts.links.find(target.peer)
      if (peer === undefined) return { outcome: 'failed', text: 'the link has ended' }
      if (!stopped.aborted) this.#owner.greet(peer)
      return undefined
    } catch (error) {
      const failure = dialFailure(error)
      this.#parts.log.debug({ peer: target.peer, text: printable(failure.text) }, 'dial failed')
      return failure
    } finally {
      end()
    }
  }
}

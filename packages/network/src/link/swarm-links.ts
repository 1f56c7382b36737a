import { randomBytes } from 'node:crypto'
import type { Connection } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { isShareError, printable, ShareError } from '@p2pshare/base'
import type { PeerAddress, PeerLink, PeerName } from '@p2pshare/ports'
import { bestWay, isDirect } from './best-way.ts'
import { dialError } from './dial-error.ts'
import { InboundPairing } from './inbound-pairing.ts'
import { LinkAttempt } from './link-attempt.ts'
import { LINK_LIMITS, STREAMS_PER_CONNECTION, SWARM_PROTOCOL } from './link-limits.ts'
import { type OpenedStreams, openStreams } from './opening-handshake.ts'
import { WideWindows } from '../muxer/wide-windows.ts'
import { closeStream } from './stream-closing.ts'
import { StreamLink } from './stream-link.ts'
import type { LinkLimits, SwarmLinks, SwarmLinksInit } from './swarm-host.ts'

/** The addresses that can be read, each ending in the peer's id. */
function targets({ peer, addresses }: PeerAddress): Multiaddr[] {
  return addresses.flatMap((address) => {
    try {
      const parsed = multiaddr(address)
      const named = parsed.getComponents().some((part) => part.name === 'p2p' && part.value === peer)
      return [named ? parsed : parsed.encapsulate(`/p2p/${peer}`)]
    } catch {
      return []
    }
  })
}

class LinkRegistry implements SwarmLinks {
  readonly #init: SwarmLinksInit
  readonly #limits: LinkLimits
  readonly #self: PeerName
  readonly #links = new Map<PeerName, StreamLink>()
  /** Links that have ended and whose streams are still closing. */
  readonly #closing = new Set<StreamLink>()
  readonly #attempts = new Map<PeerName, LinkAttempt>()
  readonly #pairing: InboundPairing
  readonly #windows = new WideWindows()
  #take: ((link: PeerLink) => void) | undefined
  #stopped = false

  constructor(init: SwarmLinksInit) {
    this.#init = init
    this.#limits = { ...LINK_LIMITS, ...init.limits }
    this.#self = init.libp2p.peerId.toString()
    this.#pairing = new InboundPairing(init, this.#limits, {
      admits: (connection) => this.#admits(connection.remotePeer.toString()),
      onPaired: (connection, streams) => this.#establish(connection, streams, true)
    })
  }

  start(): Promise<void> {
    this.#init.libp2p.addEventListener('connection:open', this.#onConnection)
    return this.#init.libp2p.handle(SWARM_PROTOCOL, this.#pairing.accept, {
      maxInboundStreams: STREAMS_PER_CONNECTION,
      maxOutboundStreams: STREAMS_PER_CONNECTION,
      // The side that opens a link decides whether the relay lets enough through.
      runOnLimitedConnection: true
    })
  }

  onLink(take: (link: PeerLink) => void): void {
    this.#take = take
  }

  find(peer: PeerName): PeerLink | undefined {
    return this.#links.get(peer)
  }

  links(): PeerLink[] {
    return [...this.#links.values()]
  }

  async link(target: PeerAddress, signal: AbortSignal): Promise<PeerLink> {
    const present = this.#links.get(target.peer)
    if (present !== undefined) return present
    return (this.#attempts.get(target.peer) ?? this.#begin(target)).wait(signal)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#init.libp2p.removeEventListener('connection:open', this.#onConnection)
    await this.#init.libp2p.unhandle(SWARM_PROTOCOL)
    this.#pairing.stop()
    for (const attempt of this.#attempts.values())
      attempt.fail(this.#unreachable(attempt.peer, 'shutting down'))
    const links = [...this.#links.values()]
    for (const link of links) link.close('shutting-down')
    await Promise.all([...links, ...this.#closing].map((link) => link.gone))
  }

  /** A link that we opened over a relay is made anew where there is a direct connection now. */
  readonly #onConnection = ({ detail }: CustomEvent<Connection>): void => {
    const peer = detail.remotePeer.toString()
    const present = this.#links.get(peer)
    if (present?.relayed !== true || present.inbound || !isDirect(detail) || this.#attempts.has(peer)) return
    const attempt = this.#begin({ peer, addresses: [] })
    attempt.wait(AbortSignal.timeout(this.#limits.handshakeTimeout)).catch((error: unknown) => {
      this.#init.log.debug({ peer, error }, 'the link stays on the relay')
    })
  }

  #begin(target: PeerAddress): LinkAttempt {
    const attempt: LinkAttempt = new LinkAttempt(target.peer, () => {
      if (this.#attempts.get(target.peer) === attempt) this.#attempts.delete(target.peer)
    })
    if (this.#stopped || target.peer === this.#self) {
      attempt.fail(
        this.#unreachable(target.peer, this.#stopped ? 'shutting down' : 'that is this node itself')
      )
      return attempt
    }
    this.#attempts.set(target.peer, attempt)
    if (this.#pairing.awaits(target.peer)) {
      const error = this.#unreachable(target.peer, 'its own attempt came to nothing')
      attempt.failAfter(this.#init.clock, this.#limits.handshakeTimeout, error)
    } else {
      void this.#open(target, attempt)
    }
    return attempt
  }

  async #open(target: PeerAddress, attempt: LinkAttempt): Promise<void> {
    const { signal } = attempt
    try {
      const peer = peerIdFromString(target.peer)
      const connection = await bestWay(this.#init, peer, targets(target), signal)
      const streams = await openStreams({
        agent: this.#init.agent,
        clock: this.#init.clock,
        limits: this.#limits,
        connection,
        session: randomBytes(8).readBigUInt64BE(),
        signal,
        onSpeak: () => attempt.speak()
      })
      if (signal.aborted || attempt.settled || this.#stopped) this.#discard(streams)
      else this.#establish(connection, streams, false)
    } catch (error) {
      this.#openFailed(attempt, error)
    }
  }

  /** Our way came to nothing; the peer's own link may still come when it is on its way. */
  #openFailed(attempt: LinkAttempt, error: unknown): void {
    const failure = dialError(attempt.peer, error)
    const duplicate = isShareError(error) && error.detail['code'] === 'duplicate'
    if (duplicate || attempt.signal.aborted) {
      attempt.failAfter(this.#init.clock, this.#limits.handshakeTimeout, failure)
    } else attempt.fail(failure)
  }

  /**
   * Whether a peer that just said hello may open a link. Where both sides open one at the same
   * time, that of the smaller peer id stays; otherwise the newer one, since its opener would not
   * open it if the older one still worked.
   */
  #admits(peer: PeerName): boolean {
    if (this.#stopped) return false
    const present = this.#links.get(peer)
    const attempt = this.#attempts.get(peer)
    if (this.#self < peer && present !== undefined && !present.inbound) {
      // Unless the peer lost it without our noticing, ours is fine: make sure.
      present.probe()
      return false
    }
    if (this.#self < peer && attempt?.spoken === true) return false
    attempt?.yieldToPeer()
    return true
  }

  #establish(connection: Connection, streams: OpenedStreams, inbound: boolean): void {
    const peer = connection.remotePeer.toString()
    const link = new StreamLink({
      ...streams,
      connection,
      inbound,
      limits: this.#limits,
      clock: this.#init.clock,
      log: this.#init.log,
      windows: this.#windows,
      onTransfer: () => this.#init.onTransfer?.(),
      onEnded: () => {
        if (this.#links.get(peer) === link) this.#links.delete(peer)
        this.#closing.add(link)
        void link.gone.then(() => this.#closing.delete(link))
      }
    })
    const old = this.#links.get(peer)
    this.#links.set(peer, link)
    old?.close('duplicate')
    this.#init.log.debug({ peer, inbound, agent: link.agent, address: link.remoteAddress }, 'swarm link')
    try {
      this.#take?.(link)
    } catch (error) {
      this.#init.log.error({ peer, error }, 'taking a link threw')
      link.close('internal')
    }
    this.#attempts.get(peer)?.grant(link)
  }

  #discard(streams: OpenedStreams): void {
    for (const reader of [streams.control, streams.data]) {
      reader.discard()
      void closeStream(reader.stream, this.#init.clock, this.#limits.closeTimeout)
    }
  }

  #unreachable(peer: PeerName, text: string): ShareError {
    return new ShareError({
      code: 'network.dial-failed',
      fault: 'network',
      message: `no link to peer ${printable(peer)}: ${text}`,
      hint: 'It is tried again when it is needed.'
    })
  }
}

/** The swarm links of a node; see docs/protocol.md §4. Dials and listens only through `init.libp2p`. */
export function createSwarmLinks(init: SwarmLinksInit): SwarmLinks {
  return new LinkRegistry(init)
}

import type { Clock, Millis } from '@p2pshare/base'
import type { Connection, Libp2p } from '@libp2p/interface'
import type { Log, PeerAddress, PeerLink, PeerName } from '@p2pshare/ports'
import type { DirectOutcome } from '../punch/direct-wait.ts'

/** The part of a libp2p node that swarm links need; a whole node fits. */
export type SwarmHost = Pick<
  Libp2p,
  'peerId' | 'handle' | 'unhandle' | 'dial' | 'getConnections' | 'addEventListener' | 'removeEventListener'
>

/** Limits of a link that tests make smaller. */
export interface LinkLimits {
  /** From the first stream to the answered hello on both; 3 s. */
  handshakeTimeout: Millis
  /** Silence of the other side after which it is pinged; 30 s. */
  keepAlive: Millis
  /** Silence of the other side after which the link closes with `idle`; 120 s. */
  idleTimeout: Millis
  /** Time in which not a byte of waiting data could leave, after which the link closes with `no-progress`; 60 s. */
  progressTimeout: Millis
  /** Time a closing link has to hand over its goodbye before its streams are reset; 2 s. */
  closeTimeout: Millis
  /** Control bytes that may wait for a peer that doesn't read; 1 MiB. */
  maxQueuedControl: number
  /** Data bytes in one `send` to a stream; a little less than 256 KiB. */
  sliceSize: number
  /** Requests that we are willing to hold for the other side, told in the hello; 64. */
  maxRequests: number
}

/** What {@link createSwarmLinks} is made of. */
export interface SwarmLinksInit {
  libp2p: SwarmHost
  /** Our words about ourselves, at most 256 UTF-16 units. */
  agent: string
  log: Log
  clock: Clock
  /** Called when an answer begins on any link, in or out. */
  onTransfer?(): void
  /** Waits for a direct connection beside a relayed one; without it links to peers behind limited relays fail. */
  direct?(relayed: Connection): Promise<DirectOutcome>
  limits?: Partial<LinkLimits>
}

/** All swarm links of this node, at most one per peer. */
export interface SwarmLinks {
  /** Begins to accept links; call after {@link onLink}. */
  start(): Promise<void>
  /**
   * The present link to a peer, or a new one (callers share one attempt).
   * @param target - without addresses, the node's own knowledge is used
   * @throws ShareError `network.dial-failed`, `network.not-a-swarm-peer`, `network.banned`, `network.aborted`
   */
  link(target: PeerAddress, signal: AbortSignal): Promise<PeerLink>
  /** Names who takes links: every new one, in or out, exactly once, before `link()` resolves. */
  onLink(take: (link: PeerLink) => void): void
  /** The established link to a peer, if there is one. */
  find(peer: PeerName): PeerLink | undefined
  /** All established links. */
  links(): PeerLink[]
  /** Closes all links with `shutting-down` and stops accepting; resolves when they are gone, after `closeTimeout` at most. */
  stop(): Promise<void>
}

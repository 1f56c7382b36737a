import type { PeerLink, PeerName } from './peer-link.ts'

/** Where a peer might be reached. */
export interface PeerAddress {
  peer: PeerName
  /** Multiaddrs as text, best first; may be empty when the network knows some itself. */
  addresses: readonly string[]
}

/** A connected peer, for display. */
export interface PeerInfo {
  peer: PeerName
  address: string
  inbound: boolean
  relayed: boolean
  agent: string
}

/** The way to other peers. */
export interface PeerNetwork {
  readonly self: PeerName
  /** Multiaddrs under which this node can be dialled now, each ending in /p2p/<self>. */
  addresses(): string[]
  /**
   * The link to a peer: the present one, or a new one.
   * @throws ShareError `network.dial-failed`, `network.not-a-swarm-peer`, `network.banned`, `network.aborted`
   */
  link(target: PeerAddress, signal: AbortSignal): Promise<PeerLink>
  /** Connects without opening a swarm link (the `connect` command, bootstrap). */
  connect(address: string, signal: AbortSignal): Promise<PeerName>
  /** Names who takes links; called once, before {@link start}. Every new link, in or out, goes there exactly once. */
  onLink(take: (link: PeerLink) => void): void
  /** Asked before a connection to or from a peer is allowed. */
  setAdmission(admits: (peer: PeerName) => boolean): void
  /** Ends all connections to the peer (after a ban). */
  disconnect(peer: PeerName): Promise<void>
  peers(): PeerInfo[]
  start(): Promise<void>
  /** Closes links with `shutting-down`, then the node; at most 4 s. */
  stop(): Promise<void>
}

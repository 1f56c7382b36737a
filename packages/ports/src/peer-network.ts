import type { NetworkCondition } from './network-condition.ts'
import type { PeerLink, PeerName } from './peer-link.ts'
import type { PeerWorth } from './peer-worth.ts'
import type { Relaying } from './relaying.ts'

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
  /** What the relay still lets through for a swarm link, bytes; left out where nothing limits it. */
  carries?: number
  agent: string
  encryption: 'noise' | 'tls'
}

/** A signed peer record that was checked: the peer itself says where it can be reached. */
export interface SignedAddresses {
  peer: PeerName
  /** Multiaddrs as text, 1 … 8: IP literal and TCP port, none that leads nowhere. */
  addresses: string[]
  /** Whether the record names anything but hosts of the internet: to be told, and used, within a LAN only. */
  hasPrivate: boolean
  /** Of two records of a peer the one with the higher number counts. */
  sequence: bigint
}

/** The way to other peers. */
export interface PeerNetwork {
  readonly self: PeerName
  /** What this node does for others as a relay. */
  readonly relaying: Relaying
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
  /** Asked what a peer is to our shares when there are too many connections; undefined: nothing. */
  setWorth(worth: (peer: PeerName) => PeerWorth | undefined): void
  /** Ends all connections to the peer (after a ban). */
  disconnect(peer: PeerName): Promise<void>
  peers(): PeerInfo[]
  /** Connected peers that say they speak the swarm protocol: a link to one takes no dial. Not those behind a relay. */
  neighbours(): PeerName[]
  /** Peers that announced themselves on the LAN lately (mDNS), whether or not they are connected; `on`: whether we listen. */
  discovered(): { on: boolean; peers: PeerName[] }
  /**
   * Whether an address that a stranger gave us (in a link) is worth a dial: of the internet, or of a LAN that this
   * machine is on. Loopback only where the node keeps to its LAN or itself.
   */
  acceptsHint(address: string): boolean
  /** Where this node stands: for display, asked for at any time, at no cost. */
  condition(): NetworkCondition
  /**
   * Our own signed peer record, to be told to peers of the internet (`public` addresses only) or
   * of this LAN (`lan`: all). The same bytes until our addresses change.
   * @returns undefined while we have no such address; at most 1 KiB, not to be changed
   */
  ownRecord(audience: 'lan' | 'public'): Promise<Uint8Array | undefined>
  /** Checks a signed peer record of anybody's; undefined when it is not worth anything. Never rejects. */
  openRecord(record: Uint8Array): Promise<SignedAddresses | undefined>
  start(): Promise<void>
  /** Closes links with `shutting-down`, then the node; at most 4 s. */
  stop(): Promise<void>
}

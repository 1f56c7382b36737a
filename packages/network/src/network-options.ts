import type { PrivateKey } from '@libp2p/interface'
import type { Clock, Rng } from '@p2pshare/base'
import type { Directory, KeyValueStore, Log, PeerNetwork, RelayChange } from '@p2pshare/ports'
import type { ConnectionLimits } from './connections/connection-care.ts'
import type { NameService } from './dialing/name-service.ts'
import type { LocalAddresses } from './connections/local-addresses.ts'
import type { LinkLimits } from './link/swarm-host.ts'
import type { NetworkChoice } from './network-profile.ts'
import type { RemoteCalls } from './remote/call-streams.ts'

/** Who this node is: a key file (made at the first start), or a key that the caller keeps. */
export type NodeIdentity = { keyFile: string } | { privateKey: PrivateKey }

/**
 * What is preferred when two peers choose how to encrypt: noise, or TLS 1.3 where the other side has it and noise
 * everywhere else. Not in a private network: its key is part of noise's handshake, and TLS would go past it.
 */
export type EncryptionChoice = 'noise' | 'tls'

/** Everything a node is made of. */
export type NetworkOptions = NodeIdentity & {
  /** Multiaddrs to listen on; empty for a node that only dials. */
  listen: readonly string[]
  /** Multiaddrs of peers to start from, each ending in `/p2p/<id>`; empty takes the network's own, if it has any. */
  bootstrap: readonly string[]
  network: NetworkChoice
  /** `noise` unless told. */
  encryption?: EncryptionChoice
  /**
   * In a private network only: whether everything on the wire, handshakes included, is enciphered with its key
   * (libp2p's pnet), so that an observer cannot even tell that libp2p is spoken. Costs half of the speed; all members
   * must have it. False unless told.
   */
  pnet?: boolean
  /** Whether to announce ourselves, and look for others, on the LAN. */
  mdns: boolean
  /** The interface or address that all sockets are bound to; every one unless told. */
  bind?: string | undefined
  /** Durable; everything the node remembers lies here. */
  values: KeyValueStore
  log: Log
  clock: Clock
  rng: Rng
  /** Name and version told to other nodes, at most 64 characters. */
  agentVersion: string
  /** Multiaddrs under which the node can be reached besides those it listens on (a forwarded port). */
  publicAddresses?: readonly string[]
  /** How to relay for others; what is left out is as usual. */
  relay?: RelayChange
  /** Whether to ask the router for a port; not in network `local`. Only where this is true. */
  portMapping?: boolean
  /** Limits of swarm links that tests make smaller. */
  linkLimits?: Partial<LinkLimits>
  /** Who resolves names in addresses; this system unless told. */
  names?: NameService
  /** Limits of connections that tests make smaller. */
  connectionLimits?: Partial<ConnectionLimits>
  /** The addresses of this machine; asked of the system unless told (tests). */
  localAddresses?: () => LocalAddresses | undefined
}

/** A node that has not been started: `network.start()` does that. */
export interface Network {
  network: PeerNetwork
  directory: Directory
  /** Calls of commands on other machines. */
  calls: RemoteCalls
}

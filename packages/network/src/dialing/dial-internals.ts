import type { Connection, ConnectionGater, Libp2p, PeerId, PeerStore } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { invariant } from '@p2pshare/base'

/** A job of libp2p's dial queue; others who want the same peer join it and add their addresses. */
export interface DialJob {
  peerId?: PeerId
  multiaddrs: Set<string>
  onProgress?: (event: unknown) => void
}

/** The parts of libp2p 3.3 that a dial needs although its exported type hides them. */
export interface DialInternals {
  peerId: PeerId
  peerStore: PeerStore
  peerRouting: {
    findPeer(peer: PeerId, options: { signal: AbortSignal }): Promise<{ multiaddrs: Multiaddr[] }>
  }
  connectionGater: ConnectionGater
  transportManager: {
    dial(
      address: Multiaddr,
      options: { signal: AbortSignal; onProgress?: DialJob['onProgress'] }
    ): Promise<Connection>
    dialTransportForMultiaddr(address: Multiaddr): unknown
  }
  connectionManager: {
    dialQueue: { dialPeer(job: DialJob, signal: AbortSignal): Promise<Connection> }
  }
}

/** Shows what a dial needs of a node; an update of libp2p that moved it fails here, at start. */
export function dialInternals(libp2p: Libp2p): DialInternals {
  const parts = (libp2p as unknown as { components?: DialInternals }).components
  invariant(typeof parts?.transportManager?.dial === 'function', 'libp2p has components.transportManager')
  invariant(
    typeof parts.connectionManager?.dialQueue?.dialPeer === 'function',
    'libp2p has dialQueue.dialPeer'
  )
  return parts
}

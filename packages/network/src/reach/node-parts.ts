import type { Connection, Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { invariant } from '@p2pshare/base'

/**
 * Parts of a libp2p node (libp2p 3.3.11, the version is pinned) that its type hides: `dial` of the transport manager
 * dials one exact address, where the node's own dial may take any other that it knows of the peer.
 */
interface HiddenParts {
  transportManager: {
    dial(address: Multiaddr, options: { signal: AbortSignal }): Promise<Connection>
    getAddrs(): Multiaddr[]
  }
}

/** Dials and listening addresses without detours. */
export interface ExactTransport {
  /** Dials this one address; the peer id in it is proven. */
  dial(address: Multiaddr, signal: AbortSignal): Promise<Connection>
  /** What is listened on now, with real addresses for wildcards. */
  listening(): Multiaddr[]
}

/** The transports of a node; an update of libp2p that moved them fails here, at start. */
export function exactTransport(node: Libp2p): ExactTransport {
  const { components } = node as unknown as { components?: HiddenParts }
  const manager = components?.transportManager
  invariant(typeof manager?.dial === 'function', 'libp2p has a transport manager that dials')
  invariant(typeof manager.getAddrs === 'function', 'libp2p has a transport manager that lists addresses')
  return {
    dial: (address, signal) => manager.dial(address, { signal }),
    listening: () => manager.getAddrs()
  }
}

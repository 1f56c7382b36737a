import type { Connection, ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface'
import { type AddressScope, hostBlock, hostOf, inScope, isLoopbackHost } from './address-scope.ts'
import { CONNECTIONS } from '../limits/index.ts'

/** What the gater needs to know of the node. */
export interface GaterInit {
  /** Where we may dial and whom we accept. */
  scope: AddressScope
  /** Asked for each connection; false refuses (a ban). */
  admits: (peer: string) => boolean
  /** All established connections. */
  connections: () => readonly Connection[]
}

/**
 * Decides which connections may exist: nothing outside the network's scope, no banned peers, at
 * most {@link CONNECTIONS.perHost} from one address block (this machine exempt) and
 * {@link CONNECTIONS.perPeer} of one peer (reliability.md T4).
 */
export function createGater(init: GaterInit): ConnectionGater {
  const refusesPeer = (peer: PeerId): boolean => !init.admits(peer.toString())
  return {
    denyDialPeer: refusesPeer,
    denyDialMultiaddr: (address) => !inScope(address, init.scope),
    denyInboundConnection: (connection) => refusesHost(init, connection),
    denyInboundEncryptedConnection: (peer) => refusesPeer(peer) || tooManyOf(init, peer),
    denyOutboundEncryptedConnection: refusesPeer
  }
}

function refusesHost(init: GaterInit, connection: MultiaddrConnection): boolean {
  // What the other side of a LAN says its address is comes from the kernel, not from the peer.
  if (init.scope === 'lan' && !inScope(connection.remoteAddr, 'lan')) return true
  const host = hostOf(connection.remoteAddr)
  if (host === undefined || isLoopbackHost(host)) return false
  const block = hostBlock(host)
  const same = init.connections().filter((other) => {
    const otherHost = hostOf(other.remoteAddr)
    return other.direction === 'inbound' && otherHost !== undefined && hostBlock(otherHost) === block
  })
  return same.length >= CONNECTIONS.perHost
}

function tooManyOf(init: GaterInit, peer: PeerId): boolean {
  return init.connections().filter((other) => other.remotePeer.equals(peer)).length >= CONNECTIONS.perPeer
}

import { isIPv4 } from 'node:net'
import type { Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { hostOf, isPublicHost } from '../node/address-scope.ts'

/** A node as it is at run time; the transports are hidden from the type only. */
interface OpenNode {
  components?: { transportManager?: { getAddrs?(): Multiaddr[] } }
}

/**
 * Whether strangers can open connections to this node, as far as it knows: it has a public address that was configured
 * or seen to work from outside, or it listens on a public IPv4 address itself. A public IPv6 address alone says
 * nothing: most homes have them, behind a firewall.
 */
export function isReachable(libp2p: Pick<Libp2p, 'getMultiaddrs'>): boolean {
  if (libp2p.getMultiaddrs().some((address) => isPublic(hostOf(address)))) return true
  const listening = (libp2p as OpenNode).components?.transportManager?.getAddrs?.() ?? []
  return listening.some((address) => {
    const host = hostOf(address)
    return host !== undefined && isIPv4(host) && isPublicHost(host)
  })
}

function isPublic(host: string | undefined): boolean {
  return host !== undefined && isPublicHost(host)
}

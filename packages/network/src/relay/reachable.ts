import { isIPv4 } from 'node:net'
import type { Libp2p } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { hostOf, isPublicHost, isRelayed } from '../node/address-scope.ts'

/** A node as it is at run time; the transports are hidden from the type only. */
interface OpenNode {
  components?: { transportManager?: { getAddrs?(): Multiaddr[] } }
}

/** What {@link isReachable} and {@link dialableAddresses} look at. */
export type AddressedNode = Pick<Libp2p, 'getMultiaddrs'>

/**
 * Whether strangers can open connections to this node, as far as it knows: it has a public address that was configured
 * or seen to work from outside, or it listens on a public IPv4 address itself. A public IPv6 address alone says
 * nothing: most homes have them, behind a firewall.
 */
export function isReachable(libp2p: AddressedNode): boolean {
  return libp2p.getMultiaddrs().some(isPublic) || listeningInPublic(libp2p).length > 0
}

/**
 * Where this node can be dialled, as a relay tells it; addresses of a LAN only within one.
 * @param near - whether the reader is on this machine or its LAN
 */
export function dialableAddresses(libp2p: AddressedNode, near: boolean): Multiaddr[] {
  const told = libp2p.getMultiaddrs().filter((address) => {
    const host = hostOf(address)
    return host === undefined ? !isRelayed(address) : near || isPublicHost(host)
  })
  // An address that nobody has proven yet is not among those; without any other it is the best guess.
  return told.length > 0 ? told : listeningInPublic(libp2p)
}

function listeningInPublic(libp2p: AddressedNode): Multiaddr[] {
  const listening = (libp2p as OpenNode).components?.transportManager?.getAddrs?.() ?? []
  return listening.filter((address) => {
    const host = hostOf(address)
    return host !== undefined && isIPv4(host) && isPublicHost(host)
  })
}

function isPublic(address: Multiaddr): boolean {
  const host = hostOf(address)
  return host !== undefined && isPublicHost(host)
}

import type { Multiaddr } from '@multiformats/multiaddr'
import { hostBlock, hostOf, isPublicHost } from './address-scope.ts'

/**
 * The block of the internet that one owner may well have: an IPv4 /24, an IPv6 /56. Undefined for what is not of the
 * internet: in a LAN and on one machine everybody is in the same block, and each host is somebody else.
 */
export function publicNet(host: string): string | undefined {
  if (!isPublicHost(host)) return undefined
  const block = hostBlock(host)
  return block.includes('.') ? block.slice(0, block.lastIndexOf('.')) : block
}

/** The different blocks of all addresses that name one. */
export function publicNets(addresses: readonly Multiaddr[]): Set<string> {
  const nets = new Set<string>()
  for (const address of addresses) {
    const host = hostOf(address)
    const net = host === undefined ? undefined : publicNet(host)
    if (net !== undefined) nets.add(net)
  }
  return nets
}

import { isIPv6 } from 'node:net'
import type { Multiaddr } from '@multiformats/multiaddr'
import { hostOf, isLanHost, isLoopbackHost, isRelayed } from '../node/address-scope.ts'
import type { RaceAddress } from './dial-race.ts'

/**
 * The order in which the addresses of one peer are dialled: our own LAN, the internet, other private ranges,
 * this machine, relays; within each, IPv6 and IPv4 by turns, IPv6 first (RFC 8305, section 4).
 *
 * @param near - whether a host lies in a subnet of this machine
 */
export function dialOrder(addresses: readonly Multiaddr[], near: (host: string) => boolean): RaceAddress[] {
  const groups = [0, 1, 2, 3, 4].map(() => ({ ip6: [] as string[], other: [] as string[] }))
  for (const address of addresses) {
    const host = hostOf(address)
    const group = groups[groupOf(address, host, near)]
    if (host !== undefined && isIPv6(host)) group?.ip6.push(address.toString())
    else group?.other.push(address.toString())
  }
  return groups.flatMap(({ ip6, other }, i) =>
    byTurns(ip6, other).map((text) => ({ text, relayed: i === RELAYED }))
  )
}

const RELAYED = 4

function groupOf(address: Multiaddr, host: string | undefined, near: (host: string) => boolean): number {
  if (isRelayed(address)) return RELAYED
  if (host === undefined) return 1
  if (isLoopbackHost(host)) return 3
  if (!isLanHost(host)) return 1
  return near(host) ? 0 : 2
}

function byTurns<T>(first: readonly T[], second: readonly T[]): T[] {
  const out: T[] = []
  for (let i = 0; i < Math.max(first.length, second.length); i++)
    out.push(...first.slice(i, i + 1), ...second.slice(i, i + 1))
  return out
}

import { BlockList, isIPv4, isIPv6 } from 'node:net'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Which addresses a network may use: those of this machine and its LAN, those of the internet, or both. */
export type AddressScope = 'lan' | 'public' | 'any'

/** Loopback, RFC 1918, link-local and unique local addresses; also matches IPv4 written as IPv6. */
const LAN = new BlockList()
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8]
] as const) {
  LAN.addSubnet(network, bits, 'ipv4')
}
LAN.addAddress('::1', 'ipv6')
LAN.addSubnet('fc00::', 7, 'ipv6')
LAN.addSubnet('fe80::', 10, 'ipv6')

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Ranges that lead to no one host of the internet (IANA's special-purpose registries, multicast), or into somebody's LAN. */
const UNROUTED = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['100.64.0.0', 10],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3]
] as const) {
  UNROUTED.addSubnet(network, bits, 'ipv4')
}
for (const [network, bits] of [
  ['::', 96],
  ['64:ff9b::', 32],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fec0::', 10],
  ['ff00::', 8]
] as const) {
  UNROUTED.addSubnet(network, bits, 'ipv6')
}

const CIRCUIT = 'p2p-circuit'

/** Multicodecs of `/p2p-circuit` and `/p2p/…`. */
const CIRCUIT_CODE = 290
const P2P_CODE = 421

/** The address of the relay, with its peer id, in an address that leads over one; undefined for others. */
export function relayOf(address: Multiaddr): Multiaddr | undefined {
  return isRelayed(address) ? address.decapsulateCode(CIRCUIT_CODE) : undefined
}

/** Whether an address leads over a relay. */
export function isRelayed(address: Multiaddr): boolean {
  return address.getComponents().some((part) => part.name === CIRCUIT)
}

/** The address without the id of the peer at its end; the id of a relay on the way stays. */
export function withoutPeer(address: Multiaddr): Multiaddr {
  return address.getComponents().at(-1)?.name === 'p2p' ? address.decapsulateCode(P2P_CODE) : address
}

/** The IP literal that a multiaddr starts with (after an IPv6 zone); undefined for names, relays and others. */
export function hostOf(address: Multiaddr): string | undefined {
  const parts = address.getComponents()
  if (parts.some((part) => part.name === CIRCUIT)) return undefined
  const first = parts.find((part) => part.name !== 'ip6zone')
  if (first?.value === undefined) return undefined
  if (first.name === 'ip4' && isIPv4(first.value)) return first.value
  if (first.name === 'ip6' && isIPv6(first.value)) return first.value
  return undefined
}

/** Whether an IP literal is of this machine or its LAN. */
export function isLanHost(host: string): boolean {
  return LAN.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')
}

/** Whether an IP literal names one host of the internet. */
export function isPublicHost(host: string): boolean {
  return !isLanHost(host) && !UNROUTED.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')
}

/** Whether an IP literal is of this machine. */
export function isLoopbackHost(host: string): boolean {
  return LOOPBACK.check(host, isIPv6(host) ? 'ipv6' : 'ipv4')
}

/**
 * Whether an address may be used in a scope. In `lan` only IP literals pass, since a name could
 * lead anywhere; in `public` names pass too, and relays that are there themselves. Over one relay to another never.
 */
export function inScope(address: Multiaddr, scope: AddressScope): boolean {
  const relay = relayOf(address)
  if (relay !== undefined) return scope !== 'lan' && !isRelayed(relay) && inScope(relay, scope)
  if (scope === 'any') return true
  const host = hostOf(address)
  const lan = host !== undefined && isLanHost(host)
  return scope === 'lan' ? lan : !lan
}

/**
 * The unit in which connections of strangers are counted: an IPv4 address or an IPv6 /56, the
 * smallest block that one customer of a provider commonly has.
 */
export function hostBlock(host: string): string {
  if (!isIPv6(host)) return host
  const digits = expandIPv6(host)
  if (!digits.startsWith(MAPPED)) return digits.slice(0, 14)
  const parts = digits.slice(MAPPED.length).match(/../g) ?? []
  return parts.map((part) => Number.parseInt(part, 16)).join('.')
}

/** First 96 bits of an IPv4 address written as IPv6. */
const MAPPED = '00000000000000000000ffff'

/** 32 hexadecimal digits of a valid IPv6 literal. */
function expandIPv6(host: string): string {
  const bare = host.split('%')[0] ?? ''
  const hex = bare.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...octets: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = octets.slice(0, 4).map(Number)
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  })
  const [head = '', tail] = hex.split('::')
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const zeros = new Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0')
  return [...left, ...zeros, ...right]
    .map((group) => group.padStart(4, '0'))
    .join('')
    .toLowerCase()
}

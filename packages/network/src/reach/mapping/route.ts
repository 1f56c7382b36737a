import { readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { isLanHost, isLoopbackHost } from '../../node/address-scope.ts'
import type { Route } from './port-mapper.ts'

/** An IPv4 address of this machine, as the system lists it. */
export interface OwnAddress {
  address: string
  /** Bits of its network. */
  prefix: number
}

/** The way to the internet over IPv4; undefined where there is none that a router could map a port for. */
export function currentRoute(): Route | undefined {
  return chooseRoute(defaultGateway(), ownAddresses())
}

/**
 * The address of ours that a router at `gateway` would map to: the one in its network. Where the system does not tell
 * its gateway, the first private address; the router is then whoever answers a search from that network.
 */
export function chooseRoute(
  gateway: string | undefined,
  addresses: readonly OwnAddress[]
): Route | undefined {
  const usable = addresses.filter(({ address }) => isLanHost(address) && !isLoopbackHost(address))
  const own =
    gateway === undefined
      ? usable[0]
      : usable.find(({ address, prefix }) => inNetwork(gateway, address, prefix))
  return own === undefined ? undefined : { gateway, local: own.address, prefix: own.prefix }
}

/** Whether an IPv4 address lies in the network of another. */
export function inNetwork(host: string, member: string, prefix: number): boolean {
  if (!isIPv4(host) || !isIPv4(member)) return false
  const shift = 2 ** (32 - prefix)
  return Math.floor(bitsOf(host) / shift) === Math.floor(bitsOf(member) / shift)
}

/**
 * The gateway of the default route in Linux' table (proc_net(5)): columns are the interface, destination, gateway,
 * flags, …, metric, …, mask; addresses are hexadecimal in the order of the machine, little-endian everywhere we run.
 * @returns undefined without one
 */
export function gatewayIn(table: string): string | undefined {
  let best: { gateway: string; metric: number } | undefined
  for (const line of table.split('\n').slice(1)) {
    const [, destination, gateway, flags, , , metric, mask] = line.trim().split(/\s+/)
    if (destination !== '00000000' || mask !== '00000000' || !/^[0-9A-F]{8}$/i.test(gateway ?? '')) continue
    // RTF_UP and RTF_GATEWAY
    if ((Number.parseInt(flags ?? '', 16) & 3) !== 3) continue
    const found = { gateway: fromHex(gateway ?? ''), metric: Number(metric) }
    if (best === undefined || found.metric < best.metric) best = found
  }
  return best?.gateway
}

function defaultGateway(): string | undefined {
  try {
    return gatewayIn(readFileSync('/proc/net/route', 'utf8'))
  } catch {
    // Another system than Linux.
    return undefined
  }
}

function ownAddresses(): OwnAddress[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address, cidr }) => ({ address, prefix: Number(cidr?.split('/')[1] ?? 32) }))
}

function fromHex(word: string): string {
  const bytes = word.match(/../g) ?? []
  return bytes
    .toReversed()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.')
}

function bitsOf(host: string): number {
  return host.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

import type { Connection } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { hostOf, isPublicHost } from '../node/address-scope.ts'

/** The public host at the other end; undefined behind a relay, and for who is in our LAN. */
export function publicHostOf(connection: Pick<Connection, 'remoteAddr' | 'limits'>): string | undefined {
  if (connection.limits !== undefined) return undefined
  const host = hostOf(connection.remoteAddr)
  return host !== undefined && isPublicHost(host) ? host : undefined
}

/** The multiaddr of a TCP port of a host. */
export function tcpAddress(host: string, port: number | string): string {
  return `/ip${host.includes(':') ? 6 : 4}/${host}/tcp/${port}`
}

/** Host and port of a plain TCP address of a public host, without its peer id; undefined for any other address. */
export function publicTcp(address: string): { host: string; port: string } | undefined {
  const parts = multiaddr(address)
    .getComponents()
    .filter(({ name }) => name !== 'p2p')
  const host = hostOf(multiaddr(address))
  const [, tcp] = parts
  if (parts.length !== 2 || tcp?.name !== 'tcp' || host === undefined || !isPublicHost(host)) return undefined
  return { host, port: tcp.value ?? '' }
}

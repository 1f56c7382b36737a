import type { Multiaddr } from '@multiformats/multiaddr'
import { PEER_RECORD } from '../limits/index.ts'
import { hostOf, isLanHost, isPublicHost, isRelayed, relayOf } from './address-scope.ts'

/** How far an address of a peer record reaches. */
export type Reach = 'lan' | 'public'

/**
 * How far an address may be told and dialled on another's word: an IP literal with a TCP port, of
 * a LAN or of the internet, or a relay at such an address of the internet. Undefined for names (they may lead
 * anywhere, into our LAN too), ports of other services, and ranges that lead nowhere.
 */
export function reachOf(address: Multiaddr): Reach | undefined {
  const relay = relayOf(address)
  if (relay !== undefined) {
    const named = relay.getComponents().at(-1)?.name === 'p2p' && !isRelayed(relay)
    return named && reachOf(relay) === 'public' ? 'public' : undefined
  }
  const host = hostOf(address)
  if (host === undefined || !isPlainTcp(address)) return undefined
  if (isLanHost(host)) return 'lan'
  return isPublicHost(host) ? 'public' : undefined
}

/** `/ip…/tcp/<port>`, perhaps with a peer id behind; an IPv6 zone is the name of an interface elsewhere. */
function isPlainTcp(address: Multiaddr): boolean {
  const parts = address.getComponents().filter(({ name }) => name !== 'p2p')
  const port = Number(parts[1]?.value)
  return parts.length === 2 && parts[1]?.name === 'tcp' && port >= PEER_RECORD.minPort
}

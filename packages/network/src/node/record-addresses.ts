import type { Multiaddr } from '@multiformats/multiaddr'
import { PEER_RECORD } from '../limits/index.ts'
import { hostOf, isLanHost, isPublicHost } from './address-scope.ts'

/** Multicodec of `/p2p/…`: the peer id stands beside the addresses already. */
const P2P_CODE = 421

/** How far an address of a peer record reaches. */
export type Reach = 'lan' | 'public'

/**
 * How far an address may be told and dialled on another's word: an IP literal with a TCP port, of
 * a LAN or of the internet. Undefined for names (they may lead anywhere, into our LAN too), relays,
 * ports of other services, and ranges that lead nowhere.
 */
export function reachOf(address: Multiaddr): Reach | undefined {
  const host = hostOf(address)
  if (host === undefined || !isPlainTcp(address)) return undefined
  if (isLanHost(host)) return 'lan'
  return isPublicHost(host) ? 'public' : undefined
}

/** The address without its peer id. */
export function withoutPeer(address: Multiaddr): Multiaddr {
  return address.decapsulateCode(P2P_CODE)
}

/** `/ip…/tcp/<port>`, perhaps with a peer id behind; an IPv6 zone is the name of an interface elsewhere. */
function isPlainTcp(address: Multiaddr): boolean {
  const parts = address.getComponents().filter(({ name }) => name !== 'p2p')
  const port = Number(parts[1]?.value)
  return parts.length === 2 && parts[1]?.name === 'tcp' && port >= PEER_RECORD.minPort
}

import type { PeerId, PeerInfo } from '@libp2p/interface'
import { peerIdFromMultihash } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { decode } from 'multiformats/hashes/digest'
import { type AddressScope, hostOf, inScope, isLoopbackHost, withoutPeer } from '../node/address-scope.ts'
import { DHT_MESSAGE, RECORDS } from '../limits/index.ts'
import type { KadPeerRecord } from './message.ts'

/** Checks a peer id from the wire; undefined when it is none. */
export function readPeerId(id: Uint8Array): PeerId | undefined {
  try {
    return peerIdFromMultihash(decode(id))
  } catch {
    // Whatever is wrong with it, it names nobody.
    return undefined
  }
}

/** The addresses of a record that are well formed and in scope, at most {@link DHT_MESSAGE.maxAddresses}. */
export function readAddresses(addresses: readonly Uint8Array[], scope: AddressScope): Multiaddr[] {
  const out: Multiaddr[] = []
  for (const bytes of addresses) {
    if (out.length >= DHT_MESSAGE.maxAddresses) break
    try {
      const address = multiaddr(bytes)
      if (inScope(address, scope)) out.push(address)
    } catch {
      // A malformed address is the sender's loss; the others may be good.
    }
  }
  return out
}

/** Drops malformed and nameless peers and out-of-scope addresses of a list from the wire. */
export function readPeers(records: readonly KadPeerRecord[], scope: AddressScope): PeerInfo[] {
  const out: PeerInfo[] = []
  for (const record of records) {
    const id = readPeerId(record.id)
    if (id !== undefined) out.push({ id, multiaddrs: readAddresses(record.multiaddrs, scope) })
  }
  return out
}

/** The wire form of a peer with those of its addresses that are in scope; undefined when none is. */
export function writePeer(
  id: PeerId,
  addresses: readonly Multiaddr[],
  scope: AddressScope
): KadPeerRecord | undefined {
  const usable = addresses
    .filter((address) => inScope(address, scope))
    .sort((a, b) => Number(isLoopback(a)) - Number(isLoopback(b)))
    .slice(0, DHT_MESSAGE.maxAddresses)
    .map((address) => withoutPeer(address).bytes)
  let size = 0
  const multiaddrs = usable.filter((bytes) => (size += bytes.byteLength) <= DHT_MESSAGE.maxRecordSize)
  return multiaddrs.length === 0 ? undefined : { id: id.toMultihash().bytes, multiaddrs }
}

/** Addresses as text, as many as are kept of one announcer. */
export function fitText(addresses: readonly Multiaddr[]): string[] {
  let size = 0
  return addresses.map(String).filter((text) => (size += text.length + 1) <= RECORDS.maxAddressText)
}

/** Addresses of this machine help only its own nodes, so they must not crowd out the others. */
function isLoopback(address: Multiaddr): boolean {
  const host = hostOf(address)
  return host !== undefined && isLoopbackHost(host)
}

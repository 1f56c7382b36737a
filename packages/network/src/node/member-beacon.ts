import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Libp2p } from '@libp2p/interface'
import { mdns } from '@libp2p/mdns'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { Multiaddr } from '@multiformats/multiaddr'
import { inScope, withoutPeer } from './address-scope.ts'
import type { NodePart } from './libp2p-network.ts'

/** Addresses taken of one announcement. */
const MAX_ADDRESSES = 8

/** What {@link memberBeacon} needs. */
export interface MemberBeaconInit {
  libp2p: Pick<Libp2p, 'getMultiaddrs' | 'logger'>
  /** DNS-SD service of the network. */
  tag: string
  /** Somebody announced these LAN addresses; who it is turns out at the handshake. */
  onDiscovered: (addresses: Multiaddr[]) => void
  /** What announces and listens; tests have one without a socket. */
  service?: typeof mdns
}

/**
 * mDNS for a private network. It says where members may be dialled, and instead of who they are a peer id that is
 * made up at each start: everybody on the LAN can read it, and peer ids are for members only.
 */
export async function memberBeacon(init: MemberBeaconInit): Promise<NodePart> {
  const { libp2p, tag, onDiscovered, service: discovery = mdns } = init
  const madeUp = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
  const getAddresses = (): Multiaddr[] =>
    libp2p.getMultiaddrs().map((address) => withoutPeer(address).encapsulate(`/p2p/${madeUp}`))
  const service = discovery({ serviceTag: tag })({
    logger: libp2p.logger,
    addressManager: { getAddresses }
  } as never) as ReturnType<ReturnType<typeof mdns>> & { start(): Promise<void>; stop(): Promise<void> }
  service.addEventListener('peer', (event) => {
    const near = event.detail.multiaddrs.filter((address) => inScope(address, 'lan'))
    if (near.length > 0) onDiscovered(near.slice(0, MAX_ADDRESSES))
  })
  return { start: () => void service.start(), stop: () => service.stop() }
}

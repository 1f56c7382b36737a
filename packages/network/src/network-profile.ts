import { createHash } from 'node:crypto'
import type { LaneProfile } from './dht/dht-lane.ts'
import type { AddressScope } from './node/address-scope.ts'

/** Which network a node belongs to. */
export type NetworkChoice =
  /** The Amino DHT of the IPFS world, the LAN and mDNS. */
  | { kind: 'public' }
  /** This machine and its LAN, nothing else. */
  | { kind: 'local' }
  /** Everybody who has the 32-byte key, on any address. */
  | { kind: 'private'; key: Uint8Array; name: string }

/** What a network choice means for the node. */
export interface NetworkProfile {
  /** Where connections may go to and come from. */
  scope: AddressScope
  lanes: LaneProfile[]
  /** The key of a private network: members prove it in each handshake, strangers get none of it. */
  memberKey: Uint8Array | undefined
  /** DNS-SD service under which mDNS finds others; that of a private network tells observers of a LAN who belongs together. */
  mdnsTag: string
  /** Bootstrap peers when none are configured. */
  bootstrap: readonly string[]
}

/** The public bootstrap peers of the Amino DHT, as Kubo ships them. */
export const AMINO_BOOTSTRAP: readonly string[] = [
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN',
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmQCU2EcMqAqQPR2i9bChDtGNJchTbq5TbXJJ16u19uLTa',
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmbLHAnMoJPWSCR5Zhtx6BHJX9KiKNN6tpvbUcqanj75Nb',
  '/dnsaddr/bootstrap.libp2p.io/p2p/QmcZf59bWwK5XFi76CZX8cbJ4BhTzzA3gU1ZjYZcYW3dwt',
  '/ip4/104.131.131.82/tcp/4001/p2p/QmaCpDMGvV2BGHeYERUEnRQAwe3N8SzbUtfsmvsqQLuvuJ'
]

const LAN_LANE: LaneProfile = {
  source: 'lan-dht',
  protocol: '/ipfs/lan/kad/1.0.0',
  scope: 'lan',
  mode: 'server'
}
const AMINO_LANE: LaneProfile = {
  source: 'amino-dht',
  protocol: '/ipfs/kad/1.0.0',
  scope: 'public',
  mode: 'when-reachable'
}

/**
 * Works out protocols, address scope and membership of a network.
 *
 * A private network's key never travels. It is mixed into all keys of every noise handshake (records/member-crypto.ts),
 * and from it comes a fingerprint in the protocol names. Without it nobody gets through a handshake, whichever side
 * they are on: strangers can't dial, be dialled, list protocols, ask the DHT, or learn a peer id. What it doesn't hide:
 * that somebody speaks libp2p at this address (the option `pnet` hides that, too). Whoever has the key is in; shutting
 * one member out takes a new key.
 */
export function networkProfile(choice: NetworkChoice): NetworkProfile {
  switch (choice.kind) {
    case 'public':
      return {
        scope: 'any',
        lanes: [LAN_LANE, AMINO_LANE],
        memberKey: undefined,
        mdnsTag: MDNS_TAG,
        bootstrap: AMINO_BOOTSTRAP
      }
    case 'local':
      return { scope: 'lan', lanes: [LAN_LANE], memberKey: undefined, mdnsTag: MDNS_TAG, bootstrap: [] }
    case 'private': {
      const fingerprint = networkFingerprint(choice.key)
      return {
        scope: 'any',
        lanes: [
          {
            source: 'private-dht',
            protocol: `/p2pshare/${fingerprint}/kad/1.0.0`,
            scope: 'any',
            mode: 'server'
          }
        ],
        memberKey: choice.key,
        mdnsTag: `_p2p-${fingerprint.slice(0, 8)}._udp.local`,
        bootstrap: []
      }
    }
  }
}

/** The tag of the libp2p mDNS specification. */
const MDNS_TAG = '_p2p._udp.local'

/** 16 hexadecimal digits that name a private network without telling its key. */
export function networkFingerprint(key: Uint8Array): string {
  return createHash('sha256').update('p2pshare network fingerprint v1').update(key).digest('hex').slice(0, 16)
}

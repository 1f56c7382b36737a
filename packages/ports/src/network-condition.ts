import type { Millis } from '@p2pshare/base'
import type { PeerName } from './peer-link.ts'

/** Whether others can open a connection to this node: `unknown` until somebody has tried, or has said so. */
export type Reach = 'direct' | 'relayed' | 'none' | 'unknown'

/** What an address is to others, and how we know. */
export interface AddressCondition {
  /** Without the peer id. */
  address: string
  /** How it came to be ours. */
  origin: 'listen' | 'configured' | 'mapped' | 'observed' | 'relay'
  /** Whether a dial from outside was seen to work; `unasked` where nobody can tell (loopback, LAN). */
  verified: 'yes' | 'no' | 'pending' | 'unasked'
}

/** What the router said to a wish for a port. */
export interface PortMappingCondition {
  protocol: 'upnp' | 'nat-pmp' | 'none'
  state: 'off' | 'searching' | 'mapped' | 'no-router' | 'refused' | 'nonsense'
  internalPort: number | undefined
  /** `/ip4/…/tcp/…` outside, when it is mapped. */
  external: string | undefined
  /** One sentence for people where something is wrong: an error of the router, another port, a private address outside. */
  text: string | undefined
}

/** A place that a relay keeps for us, or why it does not. */
export interface RelayCondition {
  relay: PeerName
  state: 'asking' | 'reserved' | 'refused' | 'lost'
  /** Wall time, ms. */
  expires: number | undefined
  text: string | undefined
}

/** What this node does for others as a relay. */
export interface RelayingCondition {
  /** `signals`: enough to find a direct way; `data`: as far as the budget goes. */
  mode: 'off' | 'signals' | 'data'
  /** Peers that have a place, and how many may. */
  places: number
  maxPlaces: number
  /** Connections through us now. */
  circuits: number
  /** Bytes carried since the start, and what is left of the budget (`undefined` = no budget). */
  carried: number
  left: number | undefined
}

/** One DHT of this node. */
export interface DhtCondition {
  source: 'lan-dht' | 'amino-dht' | 'private-dht'
  mode: 'server' | 'client'
  /** Servers in the routing table. */
  servers: number
  /** Servers in the whole DHT, estimated from how close the closest are; undefined with too few to tell. */
  estimatedSize: number | undefined
  /** Records that we keep for others. */
  records: number
}

/** How the router treats connections that leave; decides whether two of us can punch a hole. */
export type NatKind = 'none' | 'endpoint-independent' | 'endpoint-dependent' | 'unknown'

/** Where this node stands in its network, for `p2pshare doctor`. Filled in from what is known; asking costs nothing. */
export interface NetworkCondition {
  /** Multiaddrs that are listened on; empty: nobody can dial us. */
  listening: string[]
  reach: Reach
  nat: NatKind
  /** All addresses that are ours or may be, best first, at most 64. */
  addresses: AddressCondition[]
  portMapping: PortMappingCondition
  /** Relays that we asked for a place. */
  relays: RelayCondition[]
  relaying: RelayingCondition
  dhts: DhtCondition[]
  connections: { total: number; inbound: number; relayed: number; pending: number; max: number }
  /** Bootstrap peers: how many were given, how many answered, and what the last failure said. */
  bootstrap: { given: number; connected: number; text: string | undefined }
  /** How far this machine's clock is ahead of that of other peers (median), ms; undefined while nobody told. */
  clockOffset: Millis | undefined
  /** Sentences for people about what is wrong with this node's place (another node has our key …). */
  troubles: string[]
}

import { leanNoise } from '../records/lean-noise.ts'
import { memberCrypto } from '../records/member-crypto.ts'
import { bootstrap } from '@libp2p/bootstrap'
import { identify, identifyPush } from '@libp2p/identify'
import type { Libp2p, PeerId, PrivateKey } from '@libp2p/interface'
import { type KadDHT, kadDHT } from '@libp2p/kad-dht'
import { mdns } from '@libp2p/mdns'
import { ping } from '@libp2p/ping'
import { ShareError } from '@p2pshare/base'
import type { Datastore } from 'interface-datastore'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import type { LaneProfile } from '../dht/dht-lane.ts'
import { CONNECTIONS, DHT_MESSAGE, PEER_MEMORY, REFRESH } from '../limits/index.ts'
import { guardedYamux } from '../muxer/guarded-yamux.ts'
import type { EncryptionChoice } from '../network-options.ts'
import type { NetworkProfile } from '../network-profile.ts'
import { inScope } from './address-scope.ts'
import type { ReachHooks } from '../reach/create-reach.ts'
import { watchedKeys } from '../reach/twin/watched-keys.ts'
import { createGater } from './gater.ts'
import { protector } from './protector.ts'
import type { ConnectionCare } from '../connections/connection-care.ts'
import type { Traversal } from './traversal.ts'

/** What a node is made of. */
export interface NodeInit {
  privateKey: PrivateKey
  datastore: Datastore
  profile: NetworkProfile
  /** Chooses where is listened, and the source of dials. */
  care: ConnectionCare
  /** Checked and in scope. */
  bootstrap: readonly string[]
  publicAddresses: readonly string[]
  encryption: EncryptionChoice
  pnet: boolean
  mdns: boolean
  agentVersion: string
  admits: (peer: string) => boolean
  /** What is set when the node is there: its functions are called later, not now. */
  outside: Pick<ReachHooks, 'announced' | 'onOwnKey'>
  /** Ways through routers; none in a network that ends at the LAN. */
  traversal: Pick<Traversal, 'transports' | 'listen'> | undefined
  /** A peer announced itself on the LAN. */
  onDiscovered: (peer: PeerId) => void
}

/** A libp2p node that has not been started, with one DHT service a lane, in the order of the profile. */
export interface Node {
  libp2p: Libp2p
  dhts: KadDHT[]
  /** Inbound handshakes under way. */
  pending: () => number
}

/** Puts the libp2p node together. */
export async function createNode(init: NodeInit): Promise<Node> {
  const { profile, care } = init
  let connections: Libp2p['getConnections'] = () => []
  const { gater, pending } = createGater({
    ...care.gate,
    scope: profile.scope,
    admits: init.admits,
    connections: () => connections()
  })
  const libp2p = await createLibp2p({
    start: false,
    privateKey: init.privateKey,
    datastore: init.datastore,
    nodeInfo: { name: 'p2pshare', version: init.agentVersion, userAgent: init.agentVersion.slice(0, 64) },
    addresses: {
      listen: [...care.listen, ...(init.traversal?.listen ?? [])],
      appendAnnounce: [...init.publicAddresses],
      announceFilter: (addresses) => init.outside.announced(addresses)
    },
    transports: init.traversal?.transports ?? [care.transport],
    connectionEncrypters: (await encrypters(init)).map((make) =>
      watchedKeys(make, (side, place) => init.outside.onOwnKey(side, place))
    ),
    ...protector(profile.memberKey, init.pnet),
    streamMuxers: [guardedYamux()],
    connectionGater: gater,
    connectionManager: connectionLimits(),
    // A ping that waits behind a full uplink is no reason to end a busy connection, and a stream for each ping is
    // most of what an idle node sends: ConnectionWatch judges by the bytes that come.
    connectionMonitor: { enabled: false },
    peerStore: { maxAddressAge: PEER_MEMORY, maxPeerAge: PEER_MEMORY },
    peerDiscovery: discoveries(init),
    services: {
      identify: identify(),
      identifyPush: identifyPush(),
      ping: ping(),
      ...Object.fromEntries(profile.lanes.map((lane, i) => [`dht${i}`, dhtService(lane, i)]))
    }
  } as Libp2pOptions)
  connections = () => libp2p.getConnections()
  const services = libp2p.services as unknown as Record<string, KadDHT>
  return { libp2p, pending, dhts: profile.lanes.map((_, i) => services[`dht${i}`] as KadDHT) }
}

/**
 * In the order in which they are tried.
 * @throws ShareError `network.tls-in-private-network`
 */
async function encrypters({
  profile,
  encryption
}: NodeInit): Promise<NonNullable<Libp2pOptions['connectionEncrypters']>> {
  const { memberKey } = profile
  const noise = leanNoise(memberKey && memberCrypto(memberKey))
  if (encryption === 'noise') return [noise]
  if (memberKey !== undefined) throw tlsInPrivateNetwork()
  // Only loaded where it is wanted: it brings an ASN.1 library.
  const { nativeTls } = await import('../tls/native-tls.ts')
  return [nativeTls(), noise]
}

/** Refused, not left out: who asks for one thing should not get another without a word. */
function tlsInPrivateNetwork(): ShareError {
  return new ShareError({
    code: 'network.tls-in-private-network',
    fault: 'user',
    message:
      'Encryption "tls" is not possible in a private network: its key is proven within the noise handshake.',
    hint: 'Leave out the option "encryption", or choose network public or local.'
  })
}

/** How many there may be, and of whom, is decided by our gater and keeper; libp2p's own limits stay out of the way. */
function connectionLimits(): NonNullable<Libp2pOptions['connectionManager']> {
  return {
    maxConnections: Number.MAX_SAFE_INTEGER,
    maxIncomingPendingConnections: Number.MAX_SAFE_INTEGER,
    inboundConnectionThreshold: Number.MAX_SAFE_INTEGER,
    inboundUpgradeTimeout: CONNECTIONS.upgradeTimeout,
    addressDialTimeout: CONNECTIONS.addressDialTimeout,
    dialTimeout: CONNECTIONS.dialTimeout,
    // Names are resolved by our own dialler, bounded in time.
    resolvers: {}
  }
}

function discoveries(init: NodeInit): NonNullable<Libp2pOptions['peerDiscovery']> {
  const list: NonNullable<Libp2pOptions['peerDiscovery']> = []
  if (init.bootstrap.length > 0)
    list.push(bootstrap({ list: [...init.bootstrap], timeout: 0, tagTTL: Number.POSITIVE_INFINITY }))
  // That of a private network is a part of its own: it must not tell who we are.
  // And with `bind` there is none: it listens on every interface and cannot be told not to.
  const { profile, care } = init
  if (init.mdns && profile.memberKey === undefined && care.bound === undefined) {
    list.push((components) => {
      const service = mdns({ serviceTag: profile.mdnsTag })(components as never)
      service.addEventListener('peer', (event) => init.onDiscovered(event.detail.id))
      return service
    })
  }
  return list
}

export function dhtService(lane: LaneProfile, index: number): (components: never) => KadDHT {
  return kadDHT({
    protocol: lane.protocol,
    logPrefix: `libp2p:kad-dht:${index}`,
    datastorePrefix: `/dht${index}`,
    metricsPrefix: `kad_dht_${index}`,
    // Left open, kad-dht turns into a server when a public address is proven.
    ...(lane.mode === 'server' ? { clientMode: false } : {}),
    peerInfoMapper: (peer) => ({
      ...peer,
      multiaddrs: peer.multiaddrs
        .filter((address) => inScope(address, lane.scope))
        .slice(0, DHT_MESSAGE.maxAddresses)
    }),
    // Our own refresh looks for ourselves, too.
    querySelfInterval: REFRESH.interval,
    // Waiting for the first server is done where it can be bounded and reported.
    allowQueryWithZeroPeers: true,
    // Of kad-dht's own self-query only; all other walks are our own (dht/lookup.ts).
    alpha: 4,
    disjointPaths: 1,
    maxInboundStreams: DHT_MESSAGE.maxInboundStreams,
    maxOutboundStreams: DHT_MESSAGE.maxOutboundStreams,
    // Value records are refused by our own server; nothing is validated, nothing stored.
    validators: {},
    selectors: {}
  }) as (components: never) => KadDHT
}

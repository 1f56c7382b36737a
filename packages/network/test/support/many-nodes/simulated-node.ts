import type { Libp2p, PeerId, PrivateKey } from '@libp2p/interface'
import { identify } from '@libp2p/identify'
import type { KadDHT } from '@libp2p/kad-dht'
import { memory } from '@libp2p/memory'
import { ping } from '@libp2p/ping'
import { plaintext } from '@libp2p/plaintext'
import { yamux } from '@libp2p/yamux'
import { type Clock, type Rng, seededRng } from '@p2pshare/base'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import type { RecordSenderInit } from '../../../src/announce/record-sender.ts'
import { DhtLane, type LaneProfile } from '../../../src/dht/dht-lane.ts'
import { boundResponses } from '../../../src/dht/kad-client.ts'
import { type Kad, kadInternals } from '../../../src/dht/kad-internals.ts'
import { kadPositionOfPeer } from '../../../src/dht/kad-key.ts'
import { serveRequests } from '../../../src/dht/kad-server.ts'
import { ProviderRecords } from '../../../src/dht/provider-records.ts'
import { dhtService } from '../../../src/node/libp2p-node.ts'
import { groupedValues } from './grouped-values.ts'
import { countRpcs, RpcCount } from './rpc-count.ts'

/** The DHT that all simulated nodes speak. */
export const SIMULATED_LANE: LaneProfile = {
  source: 'lan-dht',
  protocol: '/simulated/kad/1.0.0',
  scope: 'any',
  mode: 'server'
}

/** What a node needs to know of the others. */
export interface Surroundings {
  clock: Clock
  /** Whether a peer runs. */
  isAlive: (peer: PeerId) => boolean
  /** Where a peer listens, or listened; undefined for one that never was. */
  addressOf: (peer: PeerId) => string | undefined
}

/** One node with our own DHT lane and server on libp2p in memory, started and with an empty table. */
export interface SimulatedNode {
  readonly libp2p: Libp2p
  readonly position: bigint
  readonly kad: Kad
  readonly lane: DhtLane
  readonly records: ProviderRecords
  /** For `sendRecords` and `RecordSpreader`. */
  readonly sender: RecordSenderInit
  readonly rng: Rng
  readonly count: RpcCount
  /** Answers one stream of requests; another function here makes the node lie. */
  serve: Kad['rpc']['onIncomingStream']
}

/** Starts a node that listens on `/memory/<name>`. */
export async function startSimulatedNode(
  name: string,
  privateKey: PrivateKey,
  around: Surroundings
): Promise<SimulatedNode> {
  const libp2p = await createLibp2p(optionsFor(name, privateKey))
  const kad = kadInternals((libp2p.services as unknown as { dht: KadDHT }).dht)
  const rng = seededRng(Number(kadPositionOfPeer(libp2p.peerId) & 0xffff_ffffn))
  const records = new ProviderRecords({ values: groupedValues(), clock: around.clock, rng })
  const count = new RpcCount()
  const add = records.add.bind(records)
  records.add = (...record) => {
    count.recordsIn++
    add(...record)
  }
  boundResponses(kad, SIMULATED_LANE.scope)
  serveRequests(kad, { node: libp2p, scope: SIMULATED_LANE.scope, records, provides: () => false })
  countRpcs(kad, count)
  const serve = kad.rpc.onIncomingStream
  // kad-dht hands on the function that is there when it starts.
  kad.rpc.onIncomingStream = (stream, connection) => made.serve(stream, connection)
  const { protocol, scope } = SIMULATED_LANE
  const made: SimulatedNode = {
    libp2p,
    position: kadPositionOfPeer(libp2p.peerId),
    kad,
    lane: new DhtLane(SIMULATED_LANE, libp2p.peerId, kad, around.clock),
    records,
    sender: { node: libp2p, protocol, scope },
    rng,
    count,
    serve
  }
  quieten(kad, libp2p, around)
  await libp2p.start()
  clearTimeout((kad as unknown as { routingTableRefresh: Refreshing }).routingTableRefresh.refreshTimeoutId)
  return made
}

/** The product's DHT options; a transport, encryption and connection limits that cost next to nothing. */
function optionsFor(name: string, privateKey: PrivateKey): Libp2pOptions {
  return {
    start: false,
    privateKey,
    addresses: { listen: [`/memory/${name}`] },
    transports: [memory()],
    connectionEncrypters: [plaintext()],
    streamMuxers: [yamux({ enableKeepAlive: false })],
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: 100_000,
      inboundConnectionThreshold: 1e9,
      maxIncomingPendingConnections: 1e6
    },
    services: {
      identify: identify({ runOnConnectionOpen: false }),
      ping: ping(),
      dht: dhtService(SIMULATED_LANE, 0) as (components: unknown) => KadDHT
    }
  } as Libp2pOptions
}

/** kad-dht's timer of its own table refresh. */
interface Refreshing {
  refreshTimeoutId: NodeJS.Timeout
}

/** The parts of kad-dht that act on their own, or ask others before they believe. */
interface Restless {
  querySelf: { initialInterval: number; interval: number }
  routingTable: {
    kb: {
      verify: (contact: { peerId: PeerId }) => Promise<boolean>
      ping: (contacts: { peerId: PeerId }[]) => AsyncGenerator<{ peerId: PeerId }>
      onAdd: (contact: { peerId: PeerId }) => Promise<void>
      onRemove: (contact: { peerId: PeerId }) => Promise<void>
    }
  } & EventTarget
}

/** Longest delay of a timer, about 25 days. */
const NEVER = 2 ** 31 - 1

/**
 * Takes away what a node does by itself, so that a run repeats and only what a test asks for costs:
 * no self-queries; pings of contacts are answered from the truth; entries of the table are not
 * tagged in the peer store, which knows the address of whoever ever ran.
 */
function quieten(kad: Kad, libp2p: Libp2p, around: Surroundings): void {
  const { querySelf, routingTable } = kad as unknown as Restless
  querySelf.initialInterval = NEVER
  querySelf.interval = NEVER
  const { kb } = routingTable
  kb.verify = async ({ peerId }) => around.isAlive(peerId)
  kb.ping = async function* (contacts) {
    for (const contact of contacts) if (!around.isAlive(contact.peerId)) yield contact
  }
  const tell = (type: string) => async (contact: { peerId: PeerId }) =>
    void routingTable.dispatchEvent(new CustomEvent(type, { detail: contact.peerId }))
  kb.onAdd = tell('peer:add')
  kb.onRemove = tell('peer:remove')
  knowAddresses(libp2p, around)
}

/** Reads of the peer store that find no address answer with the one that the peer had or has. */
function knowAddresses({ peerStore }: Libp2p, around: Surroundings): void {
  const stored = peerStore.get.bind(peerStore)
  peerStore.get = async (peer, options) => {
    const address = around.addressOf(peer)
    try {
      const found = await stored(peer, options)
      if (found.addresses.length > 0 || address === undefined) return found
      return { ...found, addresses: [{ multiaddr: multiaddr(address), isCertified: false }] }
    } catch (error) {
      if (address === undefined) throw error
      const addresses = [{ multiaddr: multiaddr(address), isCertified: false }]
      return { id: peer, addresses, protocols: [], metadata: new Map(), tags: new Map() }
    }
  }
}

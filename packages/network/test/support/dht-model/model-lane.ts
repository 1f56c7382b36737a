import type { PeerId, PeerInfo } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { DhtLane } from '../../../src/dht/dht-lane.ts'
import { kadPosition } from '../../../src/dht/kad-key.ts'
import type { Kad } from '../../../src/dht/kad-internals.ts'
import type { ModelNetwork, ModelNode } from './model-network.ts'
import { SIMULATED_LANE } from '../many-nodes/index.ts'
import type { VirtualTime } from './virtual-time.ts'
import type { Behaviour } from '../many-nodes/hostile-node.ts'

/** Times of the model, ms. */
const LATENCY = {
  /** Round trips between two peers are spread evenly between these. */
  shortest: 20,
  longest: 250,
  /** Round trips of a first request: TCP, noise, the muxer and protocol, the request. */
  firstContact: 4,
  /** Time after which a dial to nobody is given up. */
  deadDial: 3000
} as const

/** What a model node has sent. */
export interface ModelCount {
  sent: number
  failed: number
}

/** What all lanes of one model share. */
export interface ModelWorld {
  network: ModelNetwork
  time: VirtualTime
  /** Who provides a key, for each node that has a record. */
  records: Map<ModelNode, ModelNode>
  behaviour: Behaviour
}

/** The product's lane of a model node, on requests that go nowhere but into the model. */
export function modelLane(world: ModelWorld, node: ModelNode): { lane: DhtLane; count: ModelCount } {
  const { network } = world
  const self = network.idOf(node)
  const count = { sent: 0, failed: 0 }
  const met = new Set<ModelNode>()
  const forgotten = new Set<ModelNode>()
  const routingTable = Object.assign(new EventTarget(), {
    get size() {
      return network.tableOf(node).length
    },
    closestPeers: (position: Uint8Array, options?: { count?: number }): PeerId[] => {
      const target = BigInt(`0x${Buffer.from(position).toString('hex')}`)
      const closest = network.closestIn(node, target, (options?.count ?? 20) + forgotten.size)
      return closest
        .filter((each) => !forgotten.has(each))
        .slice(0, options?.count ?? 20)
        .map((each) => network.idOf(each))
    },
    queueRoutingTableUpdate: () => undefined,
    remove: async (peer: PeerId) => {
      const gone = network.nodeOf(peer)
      if (gone !== undefined) forgotten.add(gone)
    }
  })
  const sendRequest = async function* (
    to: PeerId,
    message: { type: string; key: Uint8Array },
    { signal }: { signal: AbortSignal }
  ): AsyncGenerator<object> {
    count.sent++
    const asked = network.nodeOf(to)
    if (asked === undefined || !asked.alive) {
      await world.time.sleep(LATENCY.deadDial)
      count.failed++
      yield { name: 'QUERY_ERROR' }
      return
    }
    const { shortest, longest, firstContact } = LATENCY
    const trip = shortest + network.rng.below(longest - shortest)
    await world.time.sleep(trip * (met.has(asked) ? 1 : firstContact))
    met.add(asked)
    if (!signal.aborted) yield { name: 'PEER_RESPONSE', ...answer(world, asked, node, message) }
  }
  const kad = { routingTable, network: { sendRequest }, getMode: () => 'server' } as unknown as Kad
  return { lane: new DhtLane(SIMULATED_LANE, self, kad, world.time), count }
}

function answer(
  { network, records, behaviour }: ModelWorld,
  asked: ModelNode,
  from: ModelNode,
  { type, key }: { type: string; key: Uint8Array }
): { closer: PeerInfo[]; providers: PeerInfo[] } {
  const infos = (nodes: readonly ModelNode[]): PeerInfo[] => nodes.map((each) => infoOf(network, each))
  if (!asked.hostile) {
    const provider = type === 'GET_PROVIDERS' ? records.get(asked) : undefined
    const closer = network.closestIn(asked, kadPosition(key), 21).filter((each) => each !== from)
    return { closer: infos(closer.slice(0, 20)), providers: infos(provider === undefined ? [] : [provider]) }
  }
  const crowd = network.crowd
  const start = network.rng.below(crowd.length)
  const some = infos([...crowd.slice(start), ...crowd.slice(0, start)].slice(0, 20))
  return {
    closer: behaviour === 'silent' ? [] : some,
    // Whoever is named falsely is one of them: it costs the searcher a dial like any other.
    providers: behaviour === 'false-providers' && type === 'GET_PROVIDERS' ? some : []
  }
}

const ADDRESS = multiaddr('/ip4/192.0.2.1/tcp/4001')

const infoOf = (network: ModelNetwork, node: ModelNode): PeerInfo => ({
  id: network.idOf(node),
  multiaddrs: [ADDRESS]
})

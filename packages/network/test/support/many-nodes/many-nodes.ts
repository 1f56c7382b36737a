import type { PeerId, PrivateKey } from '@libp2p/interface'
import { type Clock, type Rng, seededRng } from '@p2pshare/base'
import { commonPrefix, kadPosition, kadPositionOfPeer } from '../../../src/dht/kad-key.ts'
import { systemClock } from '../nodes.ts'
import { positionedKey } from './positioned-key.ts'
import { RpcCount } from './rpc-count.ts'
import { type SimulatedNode, startSimulatedNode, type Surroundings } from './simulated-node.ts'
import { BUCKET, plannedTable } from './table-plan.ts'

/** What {@link ManyNodes.start} makes. */
export interface ManyNodesInit {
  /** The same seed gives the same peer ids and the same routing tables. */
  seed: number
  count: number
  /** Nodes besides these `count`, of which the others know as of any. */
  keys?: readonly PrivateKey[]
  /** The system's when missing. */
  clock?: Clock
}

/**
 * Hundreds of DHT nodes in one process, each with the product's own lane, server, record store and
 * client limits on libp2p's memory transport. Routing tables are filled from the truth, as they
 * would look after some hours, and every choice comes from one seed. About 0.5 MB a node.
 */
export class ManyNodes {
  /** Those that run, in the order in which they came. */
  readonly nodes: SimulatedNode[] = []
  readonly rng: Rng
  readonly #seed: number
  readonly #addresses = new Map<string, string>()
  readonly #alive = new Set<string>()
  readonly #positions = new Map<string, bigint>()
  /** Contacts of each node that share 0, 1, 2 … leading bits with it. */
  readonly #buckets = new Map<SimulatedNode, number[]>()
  readonly #around: Surroundings

  private constructor(init: ManyNodesInit) {
    this.rng = seededRng(init.seed)
    this.#seed = init.seed
    this.#around = {
      clock: init.clock ?? systemClock,
      isAlive: (peer) => this.#alive.has(peer.toString()),
      addressOf: (peer) => this.#addresses.get(peer.toString())
    }
  }

  static async start(init: ManyNodesInit): Promise<ManyNodes> {
    const network = new ManyNodes(init)
    for (let i = 0; i < init.count; i++) await network.#add(positionedKey(network.rng))
    for (const key of init.keys ?? []) await network.#add(key)
    await network.#fillTables(network.nodes)
    return network
  }

  /** Starts one more node: it knows the others, and those with room in the bucket know it. */
  async join(privateKey: PrivateKey = positionedKey(this.rng)): Promise<SimulatedNode> {
    const others = [...this.nodes]
    const node = await this.#add(privateKey)
    await this.#fillTables([node])
    for (const other of others) {
      const held = this.#buckets.get(other)?.[commonPrefix(other.position, node.position)] ?? 0
      if (held < BUCKET) await enter(other, node)
    }
    return node
  }

  /** Stops one node without a word to the others, whose tables still name it. */
  async leave(node: SimulatedNode): Promise<void> {
    this.nodes.splice(this.nodes.indexOf(node), 1)
    this.#alive.delete(node.libp2p.peerId.toString())
    this.#buckets.delete(node)
    node.records.stop()
    await node.libp2p.stop()
  }

  /** The `count` running nodes that are truly closest to a key, closest first. */
  closest(key: Uint8Array, count: number = BUCKET): SimulatedNode[] {
    const target = kadPosition(key)
    return [...this.nodes]
      .sort((a, b) => ((a.position ^ target) < (b.position ^ target) ? -1 : 1))
      .slice(0, count)
  }

  /** The running node with a peer id. */
  nodeOf(peer: PeerId): SimulatedNode | undefined {
    return this.nodes.find((node) => node.libp2p.peerId.equals(peer))
  }

  /** One of the running nodes, by the seed. */
  any(): SimulatedNode {
    return this.nodes[this.rng.below(this.nodes.length)] as SimulatedNode
  }

  /** What all running nodes have counted together. */
  counts(): RpcCount {
    const sum = new RpcCount()
    for (const { count } of this.nodes) sum.add(count)
    return sum
  }

  resetCounts(): void {
    for (const { count } of this.nodes) count.reset()
  }

  async stop(): Promise<void> {
    for (const node of [...this.nodes]) await this.leave(node)
  }

  async #add(privateKey: PrivateKey): Promise<SimulatedNode> {
    // Transports of all networks of a process share their names.
    const name = `${this.#seed}-${networkOf(this)}-${this.#addresses.size}`
    const node = await startSimulatedNode(name, privateKey, this.#around)
    const peer = node.libp2p.peerId.toString()
    this.#addresses.set(peer, `/memory/${name}`)
    this.#alive.add(peer)
    this.#positions.set(peer, node.position)
    this.nodes.push(node)
    this.#countContacts(node)
    return node
  }

  #countContacts(node: SimulatedNode): void {
    const { position, kad } = node
    const buckets = new Array<number>(257).fill(0)
    this.#buckets.set(node, buckets)
    const note = (by: number) => (event: Event) => {
      const contact = this.#positions.get(String((event as CustomEvent<PeerId>).detail))
      if (contact === undefined) return
      const depth = commonPrefix(position, contact)
      buckets[depth] = (buckets[depth] ?? 0) + by
    }
    kad.routingTable.addEventListener('peer:add', note(1))
    kad.routingTable.addEventListener('peer:remove', note(-1))
  }

  async #fillTables(nodes: readonly SimulatedNode[]): Promise<void> {
    const sorted = [...this.nodes].sort((a, b) => (a.position < b.position ? -1 : 1))
    const positions = sorted.map(({ position }) => position)
    for (const node of nodes) {
      for (const i of plannedTable(positions, node.position, this.rng))
        await enter(node, sorted[i] as SimulatedNode)
    }
  }
}

const networks = new WeakMap<ManyNodes, number>()
let networksMade = 0

/** A number of its own for each network of this process. */
function networkOf(network: ManyNodes): number {
  const known = networks.get(network) ?? networksMade++
  networks.set(network, known)
  return known
}

/** Contacts in a node's routing table. */
export function tableOf(node: SimulatedNode): { peer: PeerId; position: bigint }[] {
  return node.lane.tableOf(node.position).map((peer) => ({ peer, position: kadPositionOfPeer(peer) }))
}

async function enter(node: SimulatedNode, contact: SimulatedNode): Promise<void> {
  if (contact === node) return
  const table = node.kad.routingTable as unknown as { kb: { add: (peer: PeerId) => Promise<void> } }
  await table.kb.add(contact.libp2p.peerId)
}

import { createHash } from 'node:crypto'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromMultihash } from '@libp2p/peer-id'
import { type Rng, seededRng } from '@p2pshare/base'
import { decode } from 'multiformats/hashes/digest'
import { commonPrefix } from '../../../src/dht/kad-key.ts'
import { plannedTable } from '../many-nodes/table-plan.ts'

/** A server of the model. */
export interface ModelNode {
  /** What its peer id is made of. */
  readonly draw: number
  readonly position: bigint
  alive: boolean
  hostile: boolean
}

/** Servers named in one answer. */
const ANSWER_SIZE = 20

/**
 * A DHT of up to a million servers as far as lookups see it: who is where, and whom each knows. The
 * tables are those of `ManyNodes`, worked out when somebody is asked. Nodes that left stay in the
 * tables of those who knew them; whoever came later is known to those who had room for it.
 */
export class ModelNetwork {
  readonly rng: Rng
  readonly #seed: number
  /** Those that the tables were made of, by position. */
  #settled: ModelNode[] = []
  #positions: bigint[] = []
  /** Those that came later, by position. */
  #newcomers: ModelNode[] = []
  #everybody: ModelNode[] = []
  #hostile: ModelNode[] = []
  /** Those of them that run, and their positions. */
  #living: ModelNode[] = []
  #livingPositions: bigint[] = []
  readonly #tables = new Map<ModelNode, ModelNode[]>()
  readonly #byName = new Map<string, ModelNode>()
  readonly #ids = new Map<ModelNode, PeerId>()
  #drawn = 0

  /** @param crowd - where hostile nodes are to lie, and how many */
  constructor(seed: number, count: number, crowd?: { around: bigint; count: number }) {
    this.#seed = seed
    this.rng = seededRng(seed)
    for (let i = 0; i < count; i++) this.#settled.push(this.#draw())
    if (crowd !== undefined) this.#hostile = this.#crowd(crowd.around, crowd.count)
    this.#settled.push(...this.#hostile)
    this.#settle()
  }

  /** All running nodes that are honest, by position. */
  get honest(): ModelNode[] {
    return this.#everybody.filter(({ alive, hostile }) => alive && !hostile)
  }

  /** All hostile nodes. */
  get crowd(): ModelNode[] {
    return this.#hostile
  }

  /** Replaces a part of the honest nodes, those of `keep` aside, by new ones. */
  replace(part: number, keep: ReadonlySet<ModelNode>): void {
    const leaving = this.honest.filter((node) => !keep.has(node))
    const count = Math.round(leaving.length * part)
    for (let i = 0; i < count; i++) {
      const at = i + this.rng.below(leaving.length - i)
      const node = leaving[at] as ModelNode
      leaving[at] = leaving[i] as ModelNode
      node.alive = false
    }
    this.#newcomers = Array.from({ length: count }, () => this.#draw()).sort(byPosition)
    this.#everybody = [...this.#settled, ...this.#newcomers].sort(byPosition)
    this.#living = this.#everybody.filter(({ alive }) => alive)
    this.#livingPositions = this.#living.map(({ position }) => position)
    this.#tables.clear()
  }

  /** Whom a node knows, by its position. */
  tableOf(node: ModelNode): ModelNode[] {
    const known = this.#tables.get(node)
    if (known !== undefined) return known
    const table = this.#newcomers.includes(node) ? this.#freshTable(node) : this.#settledTable(node)
    this.#tables.set(node, table)
    return table
  }

  /** The nodes of a node's table that are closest to a position. */
  closestIn(node: ModelNode, target: bigint, count: number = ANSWER_SIZE): ModelNode[] {
    return this.tableOf(node)
      .map((each) => ({ each, distance: each.position ^ target }))
      .sort((a, b) => (a.distance < b.distance ? -1 : 1))
      .slice(0, count)
      .map(({ each }) => each)
  }

  idOf(node: ModelNode): PeerId {
    let id = this.#ids.get(node)
    if (id === undefined) {
      id = peerIdFromMultihash(decode(idBytes(this.#seed, node.draw)) as never)
      this.#ids.set(node, id)
      this.#byName.set(id.toString(), node)
    }
    return id
  }

  /** The node of a peer id that was given out before. */
  nodeOf(id: PeerId): ModelNode | undefined {
    return this.#byName.get(id.toString())
  }

  #settle(): void {
    this.#settled.sort(byPosition)
    this.#positions = this.#settled.map(({ position }) => position)
    this.#everybody = this.#settled
    this.#livingPositions = this.#positions
    this.#living = this.#settled
  }

  /** A table of before the change, and the newcomers in buckets that had room. */
  #settledTable(node: ModelNode): ModelNode[] {
    const rng = seededRng(node.draw ^ this.#seed)
    const table = plannedTable(this.#positions, node.position, rng).map((i) => this.#settled[i] as ModelNode)
    if (this.#newcomers.length === 0) return table
    const filled = new Map<number, number>()
    for (const each of table) count(filled, commonPrefix(each.position, node.position))
    for (const each of this.#newcomers) {
      const depth = commonPrefix(each.position, node.position)
      if ((filled.get(depth) ?? 0) >= ANSWER_SIZE) continue
      count(filled, depth)
      table.push(each)
    }
    return table
  }

  #freshTable(node: ModelNode): ModelNode[] {
    const rng = seededRng(node.draw ^ this.#seed)
    return plannedTable(this.#livingPositions, node.position, rng).map((i) => this.#living[i] as ModelNode)
  }

  #draw(): ModelNode {
    const draw = this.#drawn++
    return { draw, position: positionOf(idBytes(this.#seed, draw)), alive: true, hostile: false }
  }

  /** Hostile nodes closer to a position than all others. */
  #crowd(around: bigint, wanted: number): ModelNode[] {
    let nearest = 1n << 256n
    for (const { position } of this.#settled) if ((position ^ around) < nearest) nearest = position ^ around
    const crowd: ModelNode[] = []
    while (crowd.length < wanted) {
      const node = this.#draw()
      if ((node.position ^ around) < nearest) crowd.push({ ...node, hostile: true })
    }
    return crowd
  }
}

const byPosition = (a: ModelNode, b: ModelNode): number => (a.position < b.position ? -1 : 1)

function count(of: Map<number, number>, what: number): void {
  of.set(what, (of.get(what) ?? 0) + 1)
}

/** Bytes of a peer id with an Ed25519 key. */
function idBytes(seed: number, draw: number): Uint8Array {
  const key = createHash('sha256').update(`${seed}/${draw}`).digest()
  return Buffer.concat([Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20), key])
}

function positionOf(id: Uint8Array): bigint {
  return BigInt(`0x${createHash('sha256').update(id).digest('hex')}`)
}

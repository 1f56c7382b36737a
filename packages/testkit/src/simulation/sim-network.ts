import { type Rng, seededRng, ShareError } from '@p2pshare/base'
import type {
  NetworkCondition,
  PeerAddress,
  PeerInfo,
  PeerLink,
  PeerName,
  PeerNetwork,
  Relaying,
  SignedAddresses
} from '@p2pshare/ports'
import { noRelaying } from '../network/no-relaying.ts'
import { unknownCondition } from '../network/unknown-condition.ts'
import { type LinkWorld, SimLink } from './sim-link.ts'
import { type LineSpec, SimLine } from './sim-node.ts'
import type { StepClock } from './step-clock.ts'

/** Links a node has at most, as the real network's connection limit. */
const MOST_LINKS = 200

function networkError(code: string, message: string): ShareError {
  return new ShareError({ code: `network.${code}`, fault: 'network', message, hint: 'Try again later.' })
}

/** The network between simulated nodes: who is there, and a trace of all that arrived. */
export class SimFabric implements LinkWorld {
  readonly clock: StepClock
  readonly rng: Rng
  /** What each node's record says; a record is known by its buffer, since links hand over objects. */
  readonly records: Map<Uint8Array, SignedAddresses> = new Map()
  readonly #nodes = new Map<PeerName, SimNetwork>()
  #trace = 0x811c9dc5

  constructor(clock: StepClock, seed: number) {
    this.clock = clock
    this.rng = seededRng(seed ^ 0x51a7e)
  }

  /** A new node; reachable once it has started. */
  join(name: PeerName, spec: LineSpec): SimNetwork {
    const network = new SimNetwork(this, new SimLine(this.clock, name, this.#nodes.size, spec))
    this.#nodes.set(name, network)
    return network
  }

  find(name: PeerName): SimNetwork | undefined {
    return this.#nodes.get(name)
  }

  /** A hash of everything that arrived anywhere, in order: two runs that agree in it were the same. */
  get trace(): string {
    return this.#trace.toString(16).padStart(8, '0')
  }

  note(from: SimLine, to: SimLine, kind: number, value: number): void {
    this.#mix(this.clock.now())
    this.#mix(from.index * 65_536 + to.index)
    this.#mix(value * 4 + kind)
  }

  onEnded(owner: PeerName, link: SimLink): void {
    this.#nodes.get(owner)?.forget(link)
  }

  /** A round of FNV-1a over a 32-bit word. */
  #mix(word: number): void {
    this.#trace = Math.imul(this.#trace ^ word, 0x01000193) >>> 0
  }
}

/** The PeerNetwork of one simulated node. */
export class SimNetwork implements PeerNetwork {
  readonly relaying: Relaying = noRelaying()
  readonly line: SimLine
  readonly #fabric: SimFabric
  readonly #links = new Map<PeerName, SimLink>()
  readonly #record = new Uint8Array(100)
  #take: ((link: PeerLink) => void) | undefined
  #admits: (peer: PeerName) => boolean = () => true
  #running = false

  constructor(fabric: SimFabric, line: SimLine) {
    this.#fabric = fabric
    this.line = line
  }

  get self(): PeerName {
    return this.line.name
  }

  get running(): boolean {
    return this.#running
  }

  addresses(): string[] {
    return this.#running ? [`/sim/${this.self}/p2p/${this.self}`] : []
  }

  /** A link needs three round trips: TCP, encryption with muxer, the streams' protocols. */
  async link(target: PeerAddress, signal: AbortSignal): Promise<PeerLink> {
    const present = this.#links.get(target.peer)
    if (present !== undefined) return present
    const other = this.#fabric.find(target.peer)
    const latency = this.line.spec.latency + (other?.line.spec.latency ?? this.line.spec.latency)
    await this.#fabric.clock.sleep(6 * latency)
    if (signal.aborted) throw networkError('aborted', `connecting to ${target.peer} was given up`)
    const since = this.#links.get(target.peer)
    if (since !== undefined) return since
    if (!this.#admits(target.peer)) throw networkError('banned', `${target.peer} is not admitted here`)
    if (other === undefined || !this.#running || !other.#accepts(this.self)) {
      throw networkError('dial-failed', `${target.peer} could not be reached`)
    }
    const near = new SimLink(this.#fabric, this.line, other.line, false)
    const far = new SimLink(this.#fabric, other.line, this.line, true)
    near.join(far)
    this.#adopt(near)
    other.#adopt(far)
    return near
  }

  async connect(address: string, signal: AbortSignal): Promise<PeerName> {
    const peer = address.split('/p2p/')[1] ?? ''
    await this.link({ peer, addresses: [address] }, signal)
    return peer
  }

  onLink(take: (link: PeerLink) => void): void {
    this.#take = take
  }

  /** Here nobody counts connections. */
  setWorth(): void {}

  setAdmission(admits: (peer: PeerName) => boolean): void {
    this.#admits = admits
  }

  async disconnect(peer: PeerName): Promise<void> {
    this.#links.get(peer)?.close('banned')
  }

  peers(): PeerInfo[] {
    return [...this.#links.values()].map(({ peer, remoteAddress: address, inbound, relayed, agent }) => ({
      peer,
      address,
      inbound,
      relayed,
      encryption: 'noise',
      agent
    }))
  }

  neighbours(): PeerName[] {
    return [...this.#links.keys()]
  }

  discovered(): { on: boolean; peers: PeerName[] } {
    return { on: false, peers: [] }
  }

  acceptsHint(): boolean {
    return true
  }

  condition(): NetworkCondition {
    return unknownCondition()
  }

  /** All simulated nodes are hosts of the internet. */
  async ownRecord(audience: 'lan' | 'public'): Promise<Uint8Array | undefined> {
    return this.#running && audience === 'public' ? this.#record : undefined
  }

  async openRecord(record: Uint8Array): Promise<SignedAddresses | undefined> {
    return this.#fabric.records.get(record)
  }

  async start(): Promise<void> {
    this.#running = true
    const { self: peer } = this
    this.#fabric.records.set(this.#record, {
      peer,
      addresses: this.addresses(),
      hasPrivate: false,
      sequence: 1n
    })
  }

  async stop(): Promise<void> {
    this.#running = false
    for (const link of [...this.#links.values()]) link.close('shutting-down')
  }

  /** The process is killed: all links break without a goodbye, nothing is reachable any more. */
  crash(): void {
    this.#running = false
    for (const link of [...this.#links.values()]) link.crash()
  }

  /** A link ended. */
  forget(link: SimLink): void {
    if (this.#links.get(link.peer) === link) this.#links.delete(link.peer)
  }

  #accepts(peer: PeerName): boolean {
    return this.#running && this.#links.size < MOST_LINKS && this.#admits(peer)
  }

  #adopt(link: SimLink): void {
    this.#links.set(link.peer, link)
    this.#take?.(link)
  }
}

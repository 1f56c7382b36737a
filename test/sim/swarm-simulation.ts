import { type Millis, seededRng } from '@p2pshare/base'
import { SampledContent, SimBoard, SimFabric, SlotArena, StepClock } from '@p2pshare/testkit/simulation'
import { type PeerWorld, SimPeer } from './sim-peer.ts'
import type { SwarmSpec } from './swarm-spec.ts'

/** State of the swarm at one moment. */
export interface Sample {
  /** Milliseconds after the start. */
  at: number
  /** Copies of the rarest piece among the nodes that are up, and the mean of all pieces. */
  rarest: number
  mean: number
  /** Part of all lines' upload capacity that was in use since the last sample. */
  utilisation: number
  /** Nodes that fetch and are done. */
  done: number
}

/** A swarm of real sessions and engines on a simulated network, in virtual time. */
export class SwarmSimulation implements PeerWorld {
  readonly spec: SwarmSpec
  readonly clock: StepClock = new StepClock()
  readonly fabric: SimFabric
  readonly board: SimBoard
  readonly content: SampledContent
  readonly arena: SlotArena = new SlotArena()
  readonly peers: SimPeer[]
  readonly samples: Sample[] = []
  /** Bytes that had left each node's line at the last sample. */
  #sentBefore = new Map<SimPeer, number>()

  constructor(spec: SwarmSpec) {
    this.spec = spec
    this.fabric = new SimFabric(this.clock, spec.seed)
    this.board = new SimBoard(this.clock, seededRng(spec.seed ^ 0xb0a2d))
    this.content = new SampledContent(spec.seed, spec.pieces)
    this.peers = spec.nodes.map((node, i) => new SimPeer(this, `peer${String(i).padStart(5, '0')}`, node))
  }

  get seeders(): SimPeer[] {
    return this.peers.filter(({ spec }) => spec.role === 'seeder')
  }

  /** Nodes that want the content and did not leave. */
  get fetchers(): SimPeer[] {
    return this.peers.filter(({ spec, left }) => spec.role !== 'seeder' && left === undefined)
  }

  /**
   * Runs until `done` says so, looking once a virtual second.
   * @param limit - virtual seconds after which it gives up
   */
  async run(done: (swarm: SwarmSimulation) => boolean, limit = 3600): Promise<void> {
    for (const peer of this.peers) {
      this.clock.after(peer.spec.joins as Millis, () => void peer.start())
    }
    for (let second = 0; second < limit && !done(this); second++) {
      await this.clock.advance(1000)
      this.#sample()
      this.#watchSeeder()
    }
  }

  #watchSeeder(): void {
    const [seeder] = this.seeders
    if (this.spec.seederLeavesAfterOneCopy !== true || seeder === undefined) return
    if ((seeder.driver?.record.uploaded ?? 0) >= this.content.layout.size) void seeder.leave('graceful')
  }

  #sample(): void {
    const up = this.peers.filter(({ left, driver }) => left === undefined && driver !== undefined)
    const copies = new Uint32Array(this.spec.pieces)
    let capacity = 0
    let sent = 0
    for (const peer of up) {
      capacity += peer.spec.up
      sent += peer.sent - (this.#sentBefore.get(peer) ?? 0)
      this.#sentBefore.set(peer, peer.sent)
      for (const piece of peer.files.have.ones()) copies[piece] = (copies[piece] ?? 0) + 1
    }
    this.samples.push({
      at: this.clock.now(),
      rarest: Math.min(...copies),
      mean: copies.reduce((sum, n) => sum + n, 0) / copies.length,
      utilisation: capacity === 0 ? 0 : sent / capacity,
      done: this.fetchers.filter(({ completed }) => completed !== undefined).length
    })
  }
}

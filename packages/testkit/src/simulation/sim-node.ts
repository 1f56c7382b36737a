import type { PeerName } from '@p2pshare/ports'
import type { SwarmMessage } from '@p2pshare/wire'
import { SimUplink } from './sim-uplink.ts'
import type { StepClock } from './step-clock.ts'

/** What a simulated node's line can do. */
export interface LineSpec {
  /** Bytes per second out of the node. */
  up: number
  /** Bytes per second into the node. */
  down: number
  /** Milliseconds between the node and the middle of the network, one way. */
  latency: number
  /** Part of the slices that are lost once and come a round trip later. */
  loss: number
}

/** A node's two lines and what passed through them. */
export class SimLine {
  readonly name: PeerName
  /** Number of the node, for traces. */
  readonly index: number
  readonly spec: LineSpec
  readonly uplink: SimUplink
  /** Payload bytes that arrived. */
  received = 0
  /** Payload bytes that arrived and nobody wanted any more. */
  wasted = 0
  /** Looks at each message that leaves; false swallows it. */
  filter: ((message: SwarmMessage, to: PeerName) => boolean) | undefined
  #downFree = 0

  constructor(clock: StepClock, name: PeerName, index: number, spec: LineSpec) {
    this.name = name
    this.index = index
    this.spec = spec
    this.uplink = new SimUplink(clock, spec.up)
  }

  /**
   * Passes arriving bytes through the downlink. A slice that finds the line idle passes at once and
   * occupies it for its length.
   * @returns when they are through; `now` or later
   */
  admit(length: number, now: number): number {
    const through = Math.max(now, this.#downFree)
    this.#downFree = through + (length / this.spec.down) * 1000
    return through
  }
}

import { MiB, seededRng } from '@p2pshare/base'
import type { LineSpec } from '@p2pshare/testkit/simulation'

/** What a node of the simulation is like. */
export type Role =
  /** Has everything from the start. */
  | 'seeder'
  | 'honest'
  /** Fetches, but claims to have nothing, so that nobody asks for anything. */
  | 'free-rider'
  /** Fetches, and answers every request with wrong bytes. */
  | 'corrupt'

/** How a node leaves before it is done. */
export interface Leaving {
  /** When it has this part of the pieces, 0 … 1. */
  at: number
  how: 'crash' | 'graceful'
}

/** One node. */
export interface NodeSpec extends LineSpec {
  role: Role
  /** Milliseconds after the start. */
  joins: number
  leaves?: Leaving
}

/** A swarm to simulate. */
export interface SwarmSpec {
  seed: number
  pieces: number
  nodes: readonly NodeSpec[]
  superSeeding: boolean
  /** The first seeder leaves when it has sent as many bytes as the content has. */
  seederLeavesAfterOneCopy?: boolean
}

/** The homogeneous node's upload, bytes per second. */
export const UP: number = MiB
/** Its download: lines are seldom symmetric. */
export const DOWN: number = 8 * MiB
/** Slices of 64 KiB that are lost once: about one packet in 10,000. */
const LOSS = 0.005
/** Milliseconds from a node to the middle of the network; between two nodes one way 20 … 100. */
const LATENCY = { least: 10, most: 50 }

/** How a population is made. */
export interface Population {
  seed: number
  /** Nodes that fetch. */
  fetchers: number
  /** All join within this many milliseconds. */
  within?: number
  /** Before them the seeder is alone this long, in ms. */
  after?: number
  /** Upload of fetcher `i` in bytes per second. */
  up?: (i: number) => number
  down?: number
  seederUp?: number
  role?: (i: number) => Role
  leaves?: (i: number) => Leaving | undefined
}

/** One seeder and the fetchers, with latencies and times of joining by chance. */
export function population(init: Population): NodeSpec[] {
  const rng = seededRng(init.seed ^ 0x9090)
  const latency = (): number => LATENCY.least + rng.below(LATENCY.most - LATENCY.least + 1)
  const down = init.down ?? DOWN
  const line = { down, loss: LOSS }
  const seeder: NodeSpec = {
    ...line,
    role: 'seeder',
    joins: 0,
    up: init.seederUp ?? UP,
    latency: latency()
  }
  const fetchers = Array.from({ length: init.fetchers }, (_, i): NodeSpec => {
    const leaves = init.leaves?.(i)
    return {
      ...line,
      role: init.role?.(i) ?? 'honest',
      joins: (init.after ?? 0) + rng.below(init.within ?? 1000),
      up: init.up?.(i) ?? UP,
      latency: latency(),
      ...(leaves && { leaves })
    }
  })
  return [seeder, ...fetchers]
}

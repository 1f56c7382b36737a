import { MiB, seededRng } from '@p2pshare/base'
import { quantile, rankCorrelation, resultOf, type SwarmResult } from './swarm-result.ts'
import { SwarmSimulation } from './swarm-simulation.ts'
import { type NodeSpec, population, type SwarmSpec } from './swarm-spec.ts'

/** How large, and from which seed. */
export interface Scale {
  /** Nodes that fetch. */
  peers: number
  pieces: number
  seed: number
}

/** One goal and what came of it. */
export interface Check {
  what: string
  value: number
  /** `most`: met when the value is not above the limit; `least`: when not below. */
  limit: number
  kind: 'most' | 'least'
}

/** Whether a goal was met. */
export const isMet = ({ value, limit, kind }: Check): boolean =>
  kind === 'most' ? value <= limit : value >= limit

/** What a scenario gives. */
export interface Outcome {
  results: SwarmResult[]
  checks: Check[]
}

/** A kind of swarm, and what must hold in it. */
export interface Scenario {
  name: string
  text: string
  run(scale: Scale): Promise<Outcome>
}

/** Virtual seconds after which a run is given up, in multiples of the bound. */
const PATIENCE = 8

async function simulate(
  title: string,
  spec: SwarmSpec
): Promise<{ swarm: SwarmSimulation; result: SwarmResult }> {
  const started = performance.now()
  const swarm = new SwarmSimulation(spec)
  const honest = (): boolean =>
    swarm.clock.now() > lastJoin(spec.nodes) &&
    swarm.fetchers.every((peer) => peer.completed !== undefined || peer.spec.role !== 'honest')
  const { bound } = resultOf(title, swarm, 0)
  await swarm.run(honest, bound * PATIENCE)
  return { swarm, result: resultOf(title, swarm, (performance.now() - started) / 1000) }
}

const lastJoin = (nodes: readonly NodeSpec[]): number => Math.max(...nodes.map(({ joins }) => joins))

const most = (what: string, value: number, limit: number): Check => ({ what, value, limit, kind: 'most' })
const least = (what: string, value: number, limit: number): Check => ({ what, value, limit, kind: 'least' })

/** When the last one was done; infinity if somebody was not. */
const last = (result: SwarmResult): number =>
  result.unfinished > 0 ? Number.POSITIVE_INFINITY : (result.times.at(-1) ?? Number.POSITIVE_INFINITY)

const allDone = (result: SwarmResult): Check => most('honest peers left unfinished', result.unfinished, 0)

function homogeneous(superSeeding: boolean): Scenario {
  const how = superSeeding ? 'with' : 'without'
  return {
    name: superSeeding ? 'homogeneous' : 'homogeneous-plain',
    text: `equal lines, one seeder ${how} super-seeding, all join within a second`,
    async run({ peers, pieces, seed }) {
      const nodes = population({ seed, fetchers: peers })
      const { result } = await simulate(`homogeneous, ${how} super-seeding`, {
        seed,
        pieces,
        nodes,
        superSeeding
      })
      const copies = superSeeding ? 1.3 : 2
      return {
        results: [result],
        checks: [
          most('last peer ÷ bound', last(result) / result.bound, 1.15),
          most('copies sent by the seeder', result.seederCopies, copies)
        ]
      }
    }
  }
}

const heterogeneous: Scenario = {
  name: 'heterogeneous',
  text: 'uploads from 0.25 to 5 MiB/s, equally spread on a logarithmic scale; equal downloads',
  async run({ peers, pieces, seed }) {
    const rng = seededRng(seed)
    const ups = Array.from({ length: peers }, (_, i) => (MiB / 4) * 20 ** (i / Math.max(1, peers - 1)))
    for (let i = ups.length - 1; i > 0; i--) {
      const j = rng.below(i + 1)
      ;[ups[i], ups[j]] = [ups[j] ?? 0, ups[i] ?? 0]
    }
    // A seeder as fast as the fastest peer: were it slower, all would only wait for it, and nobody could be early.
    const nodes = population({
      seed,
      fetchers: peers,
      up: (i) => ups[i] ?? MiB,
      down: 20 * MiB,
      seederUp: 5 * MiB
    })
    const { swarm, result } = await simulate('heterogeneous uploads', {
      seed,
      pieces,
      nodes,
      superSeeding: true
    })
    const done = swarm.fetchers.filter(({ completed }) => completed !== undefined)
    const order = done.map(({ completed = 0 }) => -completed)
    const given = done.map(({ spec }) => spec.up)
    return {
      results: [result],
      checks: [
        allDone(result),
        least('rank correlation of upload and order of completion', rankCorrelation(given, order), 0.7),
        most('longest wait for a piece, seconds', result.longestWait, 60)
      ]
    }
  }
}

const freeRiders: Scenario = {
  name: 'free-riders',
  text: '30 % more peers that upload nothing, against the same swarm without them',
  async run({ peers, pieces, seed }) {
    const riders = Math.round(peers * 0.3)
    const honest = peers - riders
    const clean = await simulate('without free riders', {
      seed,
      pieces,
      nodes: population({ seed, fetchers: honest }),
      superSeeding: true
    })
    const role = (i: number) => (i < honest ? ('honest' as const) : ('free-rider' as const))
    const { result } = await simulate('30 % free riders', {
      seed,
      pieces,
      nodes: population({ seed, fetchers: peers, role }),
      superSeeding: true
    })
    return {
      results: [clean.result, result],
      checks: [
        most('last honest peer ÷ without free riders', last(result) / last(clean.result), 1.1),
        most(
          'median honest peer ÷ without free riders',
          quantile(result.times, 0.5) / quantile(clean.result.times, 0.5),
          1.1
        )
      ]
    }
  }
}

const churn: Scenario = {
  name: 'churn',
  text: 'half of the peers leave when they have half of the pieces, every second of them by a crash',
  async run({ peers, pieces, seed }) {
    const leaves = (i: number) =>
      i % 2 === 0 ? { at: 0.5, how: i % 4 === 0 ? ('crash' as const) : ('graceful' as const) } : undefined
    const nodes = population({ seed, fetchers: peers, leaves })
    const { result } = await simulate('half leave at half', { seed, pieces, nodes, superSeeding: true })
    return { results: [result], checks: [allDone(result)] }
  }
}

const flashCrowd: Scenario = {
  name: 'flash-crowd',
  text: 'a seeder is alone for 10 s, then all come within one second',
  async run({ peers, pieces, seed }) {
    const nodes = population({ seed, fetchers: peers, after: 10_000, within: 1000 })
    const { result } = await simulate('flash crowd', { seed, pieces, nodes, superSeeding: true })
    return { results: [result], checks: [allDone(result)] }
  }
}

const seederLeaves: Scenario = {
  name: 'seeder-leaves',
  text: 'the seeder leaves when it has sent as many bytes as the content has',
  async run({ peers, pieces, seed }) {
    const { result } = await simulate('seeder leaves after one copy', {
      seed,
      pieces,
      nodes: population({ seed, fetchers: peers }),
      superSeeding: true,
      seederLeavesAfterOneCopy: true
    })
    return { results: [result], checks: [allDone(result)] }
  }
}

const corrupt: Scenario = {
  name: 'corrupt',
  text: '30 % of the peers answer every request with wrong bytes',
  async run({ peers, pieces, seed }) {
    const liars = Math.round(peers * 0.3)
    const spec = { seed, pieces, superSeeding: true }
    const clean = await simulate('nobody lies', { ...spec, nodes: population({ seed, fetchers: peers }) })
    const role = (i: number) => (i < peers - liars ? ('honest' as const) : ('corrupt' as const))
    const { result } = await simulate('30 % corrupt peers', {
      ...spec,
      nodes: population({ seed, fetchers: peers, role })
    })
    return {
      results: [clean.result, result],
      checks: [
        most('last honest peer ÷ clean time', last(result) / last(clean.result), 1.5),
        most('bad pieces of one peer before its ban', result.badPieces, 2),
        most('honest peers banned', result.banned.honest, 0)
      ]
    }
  }
}

/** Every scenario of the simulator. */
export const SCENARIOS: readonly Scenario[] = [
  homogeneous(true),
  homogeneous(false),
  heterogeneous,
  freeRiders,
  churn,
  flashCrowd,
  seederLeaves,
  corrupt
]

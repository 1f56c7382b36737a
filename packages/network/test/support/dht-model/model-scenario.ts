import type { Millis } from '@p2pshare/base'
import { multihashOf, kadPosition } from '../../../src/dht/kad-key.ts'
import { CROWD } from '../../../src/limits/index.ts'
import { digest } from '../nodes.ts'
import type { Behaviour } from '../many-nodes/hostile-node.ts'
import type { SearchResult } from '../many-nodes/scenario.ts'
import { modelLane, type ModelWorld } from './model-lane.ts'
import { ModelNetwork, type ModelNode } from './model-network.ts'
import { VirtualTime } from './virtual-time.ts'

/** As `Scenario`, of a model: one key, whose crowd may be hostile. */
export interface ModelScenario {
  seed: number
  nodes: number
  searches: number
  replaced?: number
  replicas?: number
  guarded?: boolean
  hostile?: { count: number; behaviour: Behaviour }
}

/** A search, with its virtual times. */
export interface ModelSearch extends SearchResult {
  /** Until the provider was named, ms; undefined when nobody named it. */
  foundAfter: number | undefined
}

export interface ModelResult {
  scenario: ModelScenario
  searches: ModelSearch[]
  announced: { requests: number; records: number; time: number }
  /** Entries of the tables of those who searched, ascending. */
  tables: number[]
  /** Estimates of the number of nodes by those who searched, ascending. */
  estimates: number[]
}

/** Bound of everything, virtual ms. */
const LONGEST = 600_000

/** Plays one key's life in a model; the same seed gives the same result. */
export async function playModel(scenario: ModelScenario): Promise<ModelResult> {
  const { seed, nodes, hostile } = scenario
  const key = multihashOf(digest(`model ${seed}`))
  const network = new ModelNetwork(
    seed,
    nodes,
    hostile === undefined ? undefined : { around: kadPosition(key), count: hostile.count }
  )
  const world: ModelWorld = {
    network,
    time: new VirtualTime(),
    records: new Map(),
    behaviour: hostile?.behaviour ?? 'silent'
  }
  const provider = network.honest[network.rng.below(network.honest.length)] as ModelNode
  const announced = await announce(world, provider, key, scenario)
  if (scenario.replaced !== undefined) network.replace(scenario.replaced, new Set([provider]))
  const searches: ModelSearch[] = []
  const estimates: number[] = []
  const tables: number[] = []
  const others = network.honest.filter((node) => node !== provider)
  for (let i = 0; i < scenario.searches; i++) {
    const searcher = others[network.rng.below(others.length)] as ModelNode
    const { lane, count } = modelLane(world, searcher)
    await lookAround(world, lane, i)
    estimates.push(lane.estimatedSize ?? 0)
    tables.push(network.tableOf(searcher).length)
    searches.push(await search(world, { lane, count }, key, provider))
  }
  const ascending = (a: number, b: number): number => a - b
  return {
    scenario,
    searches,
    announced,
    tables: tables.sort(ascending),
    estimates: estimates.sort(ascending)
  }
}

type Lane = ReturnType<typeof modelLane>

async function lookAround({ time }: ModelWorld, lane: Lane['lane'], searcher: number): Promise<void> {
  const signal = new AbortController().signal
  for (let n = 0; n < CROWD.fewestSamples; n++)
    await time.until(lane.closest(multihashOf(digest(`around ${searcher} ${n}`)), signal, LONGEST))
}

async function announce(
  world: ModelWorld,
  provider: ModelNode,
  key: Uint8Array,
  { replicas = 20, guarded = false }: ModelScenario
): Promise<ModelResult['announced']> {
  const { lane, count } = modelLane(world, provider)
  await lookAround(world, lane, -1)
  const before = { sent: count.sent, at: world.time.now() }
  const signal = new AbortController().signal
  const chosen = await world.time.until(
    guarded ? lane.guardians(key, signal, LONGEST, replicas) : lane.closest(key, signal, LONGEST, replicas)
  )
  for (const { id } of chosen) {
    const node = world.network.nodeOf(id)
    if (node !== undefined) world.records.set(node, provider)
  }
  return {
    requests: count.sent - before.sent,
    records: chosen.length,
    time: (world.time.now() as Millis) - before.at
  }
}

async function search(
  { network, time }: ModelWorld,
  { lane, count }: Lane,
  key: Uint8Array,
  provider: ModelNode
): Promise<ModelSearch> {
  const before = { ...count, at: time.now() }
  const sought = network.idOf(provider)
  const out: ModelSearch = {
    key: 0,
    found: false,
    hops: undefined,
    requestsToFind: 0,
    requests: 0,
    failed: 0,
    falseBefore: 0,
    stage: 'usual',
    foundAfter: undefined
  }
  let stage: ModelSearch['stage'] = 'usual'
  const look = async (): Promise<void> => {
    const signal = new AbortController().signal
    for await (const { provider: named, hops } of lane.search(key, signal, (now) => (stage = now))) {
      if (out.found) continue
      if (!named.id.equals(sought)) out.falseBefore++
      else
        Object.assign(out, {
          found: true,
          hops,
          stage,
          requestsToFind: count.sent - before.sent,
          foundAfter: time.now() - before.at
        })
    }
  }
  await time.until(look())
  out.requests = count.sent - before.sent
  out.failed = count.failed - before.failed
  return out.found ? out : { ...out, stage, requestsToFind: out.requests }
}

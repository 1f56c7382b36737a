import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { type Rng, seededRng } from '@p2pshare/base'
import { limitedMap } from '../../../src/announce/limited-map.ts'
import { sendRecords } from '../../../src/announce/record-sender.ts'
import { kadPosition, kadPositionOfPeer, multihashOf } from '../../../src/dht/kad-key.ts'
import type { SearchStage } from '../../../src/dht/provider-search.ts'
import { CROWD } from '../../../src/limits/index.ts'
import { digest } from '../nodes.ts'
import { type Behaviour, turnHostile } from './hostile-node.ts'
import { ManyNodes } from './many-nodes.ts'
import { positionedKey } from './positioned-key.ts'
import type { SimulatedNode } from './simulated-node.ts'

/** One network, what is announced in it, what becomes of it, and who searches. */
export interface Scenario {
  seed: number
  /** Honest nodes; hostile ones come on top. */
  nodes: number
  /** Keys that are announced, by a node each. */
  keys: number
  /** Searches of each key. */
  searches: number
  /** Nodes that search, in turn; each has looked around before, as `TableRefresh` does. */
  searchers: number
  /** Part of the nodes that are replaced by new ones between announcing and searching, 0 … 1. */
  replaced?: number
  /** Servers that get each record. */
  replicas?: number
  /** Whether also the region of a crowded key gets it. */
  guarded?: boolean
  /** Hostile nodes around the first key, closer to it than every honest one. */
  hostile?: { count: number; behaviour: Behaviour }
}

/** What came of one search. */
export interface SearchResult {
  key: number
  found: boolean
  /** Steps to the server that named the provider first; undefined when nobody did. */
  hops: number | undefined
  /** Requests until then, or in all. */
  requestsToFind: number
  /** Requests of the whole search. */
  requests: number
  /** Requests without an answer. */
  failed: number
  /** Others that were named before the provider. */
  falseBefore: number
  stage: SearchStage
}

/** What came of a scenario. */
export interface ScenarioResult {
  scenario: Scenario
  searches: SearchResult[]
  /** Requests and records of announcing each key. */
  announced: { requests: number; records: number }[]
  /** Entries of the routing tables before anything happened, in order. */
  tables: number[]
}

/** Longest search, ms: far more than any needs, so that nothing hangs. */
const SEARCH_TIMEOUT = 120_000

/** Plays a scenario on real nodes; the same seed gives the same network, keys and searchers. */
export async function play(scenario: Scenario): Promise<ScenarioResult> {
  const rng = seededRng(scenario.seed + 1_000_000)
  const keys = Array.from({ length: scenario.keys }, (_, i) =>
    multihashOf(digest(`scenario ${scenario.seed} key ${i}`))
  )
  const { network, hostile } = await startNetwork(scenario, keys, rng)
  try {
    const honest = network.nodes.filter((node) => !hostile.includes(node))
    const tables = honest.map(({ lane }) => lane.size).sort((a, b) => a - b)
    const providers = keys.map((_, i) => honest[(i * 37 + 5) % honest.length] as SimulatedNode)
    const announced: ScenarioResult['announced'] = []
    for (const [i, key] of keys.entries())
      announced.push(await announce(providers[i] as SimulatedNode, key, scenario, network))
    await replace(
      network,
      Math.round((scenario.replaced ?? 0) * honest.length),
      [...providers, ...hostile],
      rng
    )
    const searchers = await lookAround(network, scenario.searchers, [...providers, ...hostile], rng)
    const searches: SearchResult[] = []
    for (const [i, key] of keys.entries()) {
      for (let n = 0; n < scenario.searches; n++) {
        const searcher = searchers[(i * scenario.searches + n) % searchers.length] as SimulatedNode
        searches.push({ key: i, ...(await search(searcher, key, providers[i] as SimulatedNode)) })
      }
    }
    return { scenario, searches, announced, tables }
  } finally {
    await network.stop()
  }
}

async function startNetwork(
  { seed, nodes, hostile }: Scenario,
  keys: readonly Uint8Array[],
  rng: Rng
): Promise<{ network: ManyNodes; hostile: SimulatedNode[] }> {
  const crowd =
    hostile === undefined ? [] : crowdAround(keys[0] as Uint8Array, seed, nodes, hostile.count, rng)
  const network = await ManyNodes.start({ seed, count: nodes, keys: crowd })
  const liars = crowd.length === 0 ? [] : network.nodes.slice(-crowd.length)
  if (hostile !== undefined) turnHostile(liars, hostile.behaviour, rng)
  return { network, hostile: liars }
}

/** Keys of peers that all lie closer to `key` than any of the `nodes` honest ones of a seed. */
function crowdAround(key: Uint8Array, seed: number, nodes: number, count: number, rng: Rng): PrivateKey[] {
  const target = kadPosition(key)
  const same = seededRng(seed)
  let nearest = 1n << 256n
  for (let i = 0; i < nodes; i++) {
    const distance = positionOf(positionedKey(same)) ^ target
    if (distance < nearest) nearest = distance
  }
  return Array.from({ length: count }, () => positionedKey(rng, (at) => (at ^ target) < nearest))
}

const positionOf = (key: PrivateKey): bigint => kadPositionOfPeer(peerIdFromPrivateKey(key))

async function announce(
  node: SimulatedNode,
  key: Uint8Array,
  { replicas = 20, guarded = false }: Scenario,
  network: ManyNodes
): Promise<{ requests: number; records: number }> {
  const signal = AbortSignal.timeout(SEARCH_TIMEOUT)
  network.resetCounts()
  const chosen = guarded
    ? await node.lane.guardians(key, signal, SEARCH_TIMEOUT, replicas)
    : await node.lane.closest(key, signal, SEARCH_TIMEOUT, replicas)
  await limitedMap(chosen, 4, async ({ id }) => {
    // Hostile servers take records too; a failed send is the loss of one replica.
    await sendRecords(node.sender, id.toString(), [key], signal).catch(() => undefined)
  })
  return { requests: node.count.sent, records: chosen.length }
}

async function replace(
  network: ManyNodes,
  count: number,
  keep: readonly SimulatedNode[],
  rng: Rng
): Promise<void> {
  const leaving = network.nodes.filter((node) => !keep.includes(node))
  for (let i = 0; i < count && leaving.length > 0; i++) {
    const [node] = leaving.splice(rng.below(leaving.length), 1) as [SimulatedNode]
    await network.leave(node)
  }
  for (let i = 0; i < count; i++) await network.join()
}

/** Draws nodes that are going to search, and has them learn how large the network is. */
async function lookAround(
  network: ManyNodes,
  count: number,
  except: readonly SimulatedNode[],
  rng: Rng
): Promise<SimulatedNode[]> {
  const others = network.nodes.filter((node) => !except.includes(node))
  const chosen = Array.from(
    { length: count },
    () => others.splice(rng.below(others.length), 1)[0] as SimulatedNode
  )
  const signal = AbortSignal.timeout(SEARCH_TIMEOUT)
  for (const [i, node] of chosen.entries()) {
    for (let n = 0; n < CROWD.fewestSamples; n++)
      await node.lane.closest(multihashOf(digest(`around ${i} ${n}`)), signal, SEARCH_TIMEOUT)
  }
  return chosen
}

async function search(
  searcher: SimulatedNode,
  key: Uint8Array,
  provider: SimulatedNode
): Promise<Omit<SearchResult, 'key'>> {
  const before = searcher.count.sent
  const failedBefore = searcher.count.failed
  const out: Omit<SearchResult, 'key'> = {
    found: false,
    hops: undefined,
    requestsToFind: 0,
    requests: 0,
    failed: 0,
    falseBefore: 0,
    stage: 'usual'
  }
  const stages: SearchStage[] = []
  const signal = AbortSignal.timeout(SEARCH_TIMEOUT)
  for await (const { provider: named, hops } of searcher.lane.search(key, signal, (stage) =>
    stages.push(stage)
  )) {
    if (out.found) continue
    if (!named.id.equals(provider.libp2p.peerId)) {
      out.falseBefore++
      continue
    }
    Object.assign(out, {
      found: true,
      hops,
      requestsToFind: searcher.count.sent - before,
      stage: stages.at(-1)
    })
  }
  out.requests = searcher.count.sent - before
  out.failed = searcher.count.failed - failedBefore
  if (!out.found) Object.assign(out, { requestsToFind: out.requests, stage: stages.at(-1) })
  return out
}

import type { Behaviour } from '../many-nodes/hostile-node.ts'
import { play, type SearchResult } from '../many-nodes/scenario.ts'
import { type ModelSearch, playModel } from './model-scenario.ts'

/** A question that a simulation answers, and what would be good enough. */
export interface Case {
  /** Names it in plots and tables. */
  name: string
  title: string
  kind: 'model' | 'real'
  seeds: readonly number[]
  nodes: number
  /** Keys of each network of real nodes; a model has one. */
  keys: number
  /** Searches of each key. */
  searches: number
  replaced?: number
  replicas?: number
  guarded?: boolean
  hostile?: { count: number; behaviour: Behaviour }
  /** Part of the searches that must find the provider; undefined: shown for comparison. */
  goal?: number
}

/** Three figures of many. */
export interface Spread {
  median: number
  p95: number
  most: number
}

export interface CaseResult extends Case {
  found: number
  /** All of them. */
  searches: number
  hops: Spread
  requestsToFind: Spread
  requests: Spread
  /** Virtual time until the provider was named; models only. */
  seconds: Spread | undefined
  /** Means over the keys. */
  announce: { requests: number; records: number }
  /** Median of the entries of routing tables. */
  table: number
  /** Median estimate of the size of the network by those who searched; models only. */
  estimate: number | undefined
  /** Seeds with a search that found nobody. */
  failingSeeds: number[]
  /** Seconds of real time. */
  real: number
}

/** Goals of every case, besides how many are found: issue 5 and L8 of the fault matrix. */
const MOST_HOPS = 6
const MOST_SECONDS = 10

export function isMet(result: CaseResult): boolean {
  if (result.goal === undefined) return true
  const quick = result.hostile !== undefined || (result.seconds?.p95 ?? 0) <= MOST_SECONDS
  return result.found >= result.goal * result.searches && result.hops.median <= MOST_HOPS && quick
}

const CROWD = 45
const BEHAVIOURS: readonly Behaviour[] = ['silent', 'each-other', 'false-providers']

const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i)

/** What only a model can show: large networks, and many of them. */
export function modelCases(seed: number): Case[] {
  const common = { kind: 'model', keys: 1, searches: 20 } as const
  const sizes = [100, 300, 1000, 3000, 10_000, 100_000, 1_000_000].map((nodes): Case => {
    const seeds = range(seed, nodes > 10_000 ? 2 : 5)
    return { ...common, name: `size-${nodes}`, title: `${nodes} servers`, nodes, seeds, goal: 0.99 }
  })
  const churn = [0.1, 0.2, 0.5, 0.8].map((replaced): Case => {
    const title = `1000 servers, ${replaced * 100} % replaced`
    const goal = replaced > 0.5 ? {} : { goal: replaced > 0.2 ? 0.95 : 0.99 }
    return {
      ...common,
      name: `churn-${replaced}`,
      title,
      nodes: 1000,
      seeds: range(seed, 10),
      replaced,
      ...goal
    }
  })
  const crowds = [10, 20, 45, 100].flatMap((count) =>
    [
      { replicas: 20, guarded: false },
      { replicas: 40, guarded: false },
      { replicas: 20, guarded: true }
    ].map((way): Case => {
      const told = way.guarded ? 'region' : `${way.replicas}`
      return {
        ...common,
        ...way,
        name: `crowd-${told}-${count}`,
        title: `1000 servers, ${count} of them a crowd that names itself, announced to ${told}`,
        nodes: 1000 - count,
        seeds: range(seed, 5),
        hostile: { count, behaviour: 'each-other' },
        ...(way.guarded ? { goal: 0.95 } : {})
      }
    })
  )
  const attacks = BEHAVIOURS.flatMap((behaviour) =>
    [1000, 10_000].map(
      (nodes): Case => ({
        ...common,
        name: `attack-${behaviour}-${nodes}`,
        title: `${nodes} servers, 20 % replaced, ${CROWD} hostile (${behaviour})`,
        nodes: nodes - CROWD,
        seeds: range(seed, nodes > 1000 ? 3 : 10),
        replaced: 0.2,
        guarded: true,
        hostile: { count: CROWD, behaviour },
        goal: 0.95
      })
    )
  )
  return [...sizes, ...churn, ...crowds, ...attacks]
}

/** The same on real nodes of libp2p. */
export function realCases(seed: number, nodes: number): Case[] {
  const common = { kind: 'real', seeds: [seed] } as const
  const churn = [0, 0.2, 0.5].map(
    (replaced): Case => ({
      ...common,
      name: `real-churn-${replaced}`,
      title: `${nodes} real nodes, ${replaced * 100} % replaced`,
      nodes,
      keys: 10,
      searches: 5,
      replaced,
      goal: replaced > 0.2 ? 0.95 : 0.99
    })
  )
  const count = Math.max(24, Math.round((CROWD * nodes) / 1000))
  const attacks = BEHAVIOURS.map(
    (behaviour): Case => ({
      ...common,
      name: `real-attack-${behaviour}`,
      title: `${nodes} real nodes, ${count} of them hostile (${behaviour})`,
      nodes: nodes - count,
      keys: 1,
      searches: 10,
      guarded: true,
      hostile: { count, behaviour },
      goal: 0.95
    })
  )
  return [...churn, ...attacks]
}

/** Real nodes that search, in turn. */
const SEARCHERS = 10

/** Plays all seeds of a case. */
export async function playCase(each: Case): Promise<CaseResult> {
  const began = performance.now()
  const searches: (SearchResult | ModelSearch)[] = []
  const announced: { requests: number; records: number }[] = []
  const tables: number[] = []
  const estimates: number[] = []
  const failingSeeds: number[] = []
  for (const seed of each.seeds) {
    const of = { ...each, seed, searchers: SEARCHERS }
    const result = each.kind === 'model' ? await playModel(of) : await play(of)
    searches.push(...result.searches)
    announced.push(...[result.announced].flat())
    tables.push(...result.tables)
    if ('estimates' in result) estimates.push(...result.estimates)
    if (result.searches.some(({ found }) => !found)) failingSeeds.push(seed)
  }
  const found = searches.filter((search) => search.found)
  const times = found.flatMap((search) =>
    'foundAfter' in search && search.foundAfter !== undefined ? [search.foundAfter / 1000] : []
  )
  return {
    ...each,
    found: found.length,
    searches: searches.length,
    hops: spread(found.map(({ hops }) => hops ?? 0)),
    requestsToFind: spread(found.map(({ requestsToFind }) => requestsToFind)),
    requests: spread(searches.map(({ requests }) => requests)),
    seconds: times.length === 0 ? undefined : spread(times),
    announce: {
      requests: mean(announced.map((a) => a.requests)),
      records: mean(announced.map((a) => a.records))
    },
    table: spread(tables).median,
    estimate: estimates.length === 0 ? undefined : spread(estimates).median,
    failingSeeds,
    real: (performance.now() - began) / 1000
  }
}

const mean = (values: readonly number[]): number =>
  Math.round(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length))

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const part = (p: number): number => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? 0
  return { median: part(0.5), p95: part(0.95), most: sorted.at(-1) ?? 0 }
}

import { describe, expect, test } from 'vitest'
import { type Case, isMet, playCase } from '../support/dht-model/cases.ts'
import { type Scenario, type ScenarioResult, play } from '../support/many-nodes/scenario.ts'

/** Busy machines take several times as long as the 10 s that the longest of these needs alone. */
const PATIENCE = 120_000

const NETWORK = { nodes: 150, seed: 1, keys: 3, searches: 4, searchers: 4 }

/** Says which searches of which seed found nobody. */
function unfound({ scenario, searches }: ScenarioResult): string[] {
  return searches
    .filter(({ found }) => !found)
    .map(({ key, stage }) => `seed ${scenario.seed}: key ${key} was not found, stage ${stage}`)
}

describe('150 real nodes', () => {
  test(
    'find what was announced before a fifth of them was replaced, within six steps',
    async () => {
      const result = await play({ ...NETWORK, replaced: 0.2 })
      expect(unfound(result)).toEqual([])
      expect(Math.max(...result.searches.map(({ hops }) => hops ?? 0))).toBeLessThanOrEqual(6)
      // The usual lookup is enough: 20 servers answer, and as many do not as have left.
      const requests = result.searches.map((search) => search.requests - search.failed)
      expect(requests.toSorted((a, b) => a - b)[requests.length >> 1]).toBeLessThanOrEqual(30)
    },
    PATIENCE
  )

  test(
    'find a key that 24 hostile ones surround, naming themselves as providers',
    async () => {
      const hostile: Scenario['hostile'] = { count: 24, behaviour: 'false-providers' }
      const attacked = { ...NETWORK, nodes: 126, keys: 1, hostile }
      const result = await play({ ...attacked, guarded: true })
      expect(unfound(result)).toEqual([])
      expect(result.announced[0]?.records).toBeGreaterThan(20)
    },
    PATIENCE
  )
})

describe('the model', () => {
  const common: Omit<Case, 'name' | 'title' | 'nodes'> = {
    kind: 'model',
    keys: 1,
    searches: 8,
    seeds: [1, 2],
    goal: 0.95
  }

  test.each([
    { name: 'large', title: '10,000 servers', nodes: 10_000, goal: 1 },
    { name: 'churn', title: 'half replaced', nodes: 1000, replaced: 0.5, goal: 0.99 },
    ...(['silent', 'each-other', 'false-providers'] as const).map((behaviour) => ({
      name: behaviour,
      title: `45 hostile (${behaviour}), a fifth replaced`,
      nodes: 955,
      replaced: 0.2,
      guarded: true,
      hostile: { count: 45, behaviour }
    }))
  ])(
    'finds: $title',
    async (each) => {
      const result = await playCase({ ...common, ...each })
      expect(result.failingSeeds, 'seeds with a search that found nobody').toEqual([])
      expect(isMet(result)).toBe(true)
    },
    PATIENCE
  )

  test(
    'shows that twice as many replicas do not help against a crowd: it takes them all',
    async () => {
      const hostile = { count: 45, behaviour: 'each-other' as const }
      const crowd = {
        ...common,
        name: 'crowd',
        title: 'announced to 40',
        nodes: 955,
        hostile,
        replicas: 40,
        seeds: [1]
      }
      expect((await playCase(crowd)).found).toBe(0)
    },
    PATIENCE
  )

  test('repeats: the same seed gives the same searches', async () => {
    const each = { ...common, name: 'twice', title: 'twice', nodes: 300, seeds: [9], replaced: 0.2 }
    const [first, second] = [await playCase(each), await playCase(each)]
    expect({ ...second, real: 0 }).toEqual({ ...first, real: 0 })
  })
})

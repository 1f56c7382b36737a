import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type PlacedKey, type PlacedServer, ReplicaPlan } from '../../src/announce/replica-plan.ts'
import { ANNOUNCE } from '../../src/limits/index.ts'

const place = (text: string): bigint => BigInt(`0x${createHash('sha256').update(text).digest('hex')}`)
const network = (size: number, seed: number): PlacedServer[] =>
  Array.from({ length: size }, (_, i) => ({ peer: `server ${i}`, position: place(`${seed} server ${i}`) }))
const keysOf = (count: number, seed: number): PlacedKey[] =>
  Array.from({ length: count }, (_, i) => ({ key: Buffer.from(`${i}`), position: place(`${seed} key ${i}`) }))

function closest(servers: readonly PlacedServer[], position: bigint, count: number): PlacedServer[] {
  return servers
    .toSorted((a, b) => ((a.position ^ position) < (b.position ^ position) ? -1 : 1))
    .slice(0, count)
}

/** Runs a plan against a network whose lookups are perfect; answers the number of lookups. */
function run(plan: ReplicaPlan, servers: readonly PlacedServer[]): number {
  let lookups = 0
  for (let asked = plan.needed(1); asked.length > 0; asked = plan.needed(4)) {
    for (const key of asked) plan.learn(key, closest(servers, key.position, ANNOUNCE.replicas))
    lookups += asked.length
  }
  return lookups
}

test('a small network takes one lookup, and every server every key', () => {
  const servers = network(19, 1)
  const plan = new ReplicaPlan(keysOf(256, 1))
  expect(run(plan, servers)).toBe(1)
  expect(plan.complete).toHaveLength(19)
  expect(plan.assigned.size).toBe(19)
  for (const keys of plan.assigned.values()) expect(keys).toHaveLength(256)
})

test('every key goes to 20 servers, at least 16 of them truly the closest', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 20, max: 300 }),
      fc.nat(1000),
      fc.integer({ min: 1, max: 60 }),
      (size, seed, count) => {
        const servers = network(size, seed)
        const keys = keysOf(count, seed)
        const plan = new ReplicaPlan(keys)
        run(plan, servers)
        for (const key of keys) {
          const holders = [...plan.assigned]
            .filter(([, held]) => held.includes(key.key))
            .map(([peer]) => peer)
          expect(holders).toHaveLength(ANNOUNCE.replicas)
          const truth = new Set(closest(servers, key.position, ANNOUNCE.replicas).map((each) => each.peer))
          expect(holders.filter((peer) => truth.has(peer)).length).toBeGreaterThanOrEqual(
            ANNOUNCE.provenReplicas
          )
        }
      }
    ),
    { numRuns: 40 }
  )
})

test('neighbouring keys share a lookup', () => {
  const servers = network(300, 7)
  const base = place('somewhere')
  const keys = Array.from({ length: 100 }, (_, i) => ({
    key: Buffer.from(`${i}`),
    position: base ^ BigInt(i)
  }))
  expect(run(new ReplicaPlan(keys), servers)).toBeLessThanOrEqual(4)
})

test('a lookup without an answer leaves only its own key without a place', () => {
  const [first, second] = keysOf(2, 3)
  if (first === undefined || second === undefined) throw new Error('two keys')
  const plan = new ReplicaPlan([first, second])
  plan.learn(first, [])
  expect(plan.unplaced).toBe(1)
  expect(plan.needed(4)).toEqual([second])
})

import { createHash } from 'node:crypto'
import { seededRng } from '@p2pshare/base'
import { VirtualClock } from '@p2pshare/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Breather } from '../../src/announce/breather.ts'
import { closestServers, inOrder, type Server } from '../../src/announce/closest-servers.ts'
import { firstFrom, orderOf, positionOfKey } from '../../src/announce/key-order.ts'
import { KnownServers } from '../../src/announce/known-servers.ts'
import { endOf, positionOf, prefixAt, sharedBits, siblingOf, SPACE } from '../../src/announce/prefix.ts'
import { RegionExplorer } from '../../src/announce/region-explorer.ts'
import { kadPlace, kadPosition, multihashOf } from '../../src/dht/kad-key.ts'
import { ANNOUNCE } from '../../src/limits/index.ts'
import { FakeDht, manyPeerIds } from '../support/fake-dht.ts'
import { digest, keyList } from '../support/nodes.ts'

const placeOf = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest())
const network = (size: number, seed: number): Server[] =>
  inOrder(Array.from({ length: size }, (_, i) => ({ peer: `${i}`, place: placeOf(`${seed} ${i}`) })))
const big = (place: Uint8Array): bigint => BigInt(`0x${Buffer.from(place).toString('hex')}`)

test('the closest servers are those that sorting by distance gives', () => {
  fc.assert(
    fc.property(fc.nat(120), fc.nat(1000), fc.integer({ min: 1, max: 45 }), (size, seed, count) => {
      const servers = network(size, seed)
      const key = placeOf(`key ${seed}`)
      const truth = servers
        .toSorted((a, b) => ((big(a.place) ^ big(key)) < (big(b.place) ^ big(key)) ? -1 : 1))
        .slice(0, count)
      const found = closestServers(servers, key, count).map((i) => servers[i] as Server)
      expect(new Set(found)).toEqual(new Set(truth))
    })
  )
})

test('servers at one place, as only an attacker makes them, end the walk', () => {
  const place = placeOf('same')
  const servers = Array.from({ length: 50 }, (_, i) => ({ peer: `${i}`, place }))
  expect(closestServers(servers, place, 20)).toHaveLength(20)
})

test('prefixes: a position lies in its own, never in the sibling', () => {
  fc.assert(
    fc.property(fc.nat(SPACE - 1), fc.integer({ min: 1, max: 32 }), (position, depth) => {
      const own = prefixAt(position, depth)
      const other = siblingOf(own)
      expect(position >= own.start && position < endOf(own)).toBe(true)
      expect(position >= other.start && position < endOf(other)).toBe(false)
      expect(siblingOf(other)).toEqual(own)
      expect(sharedBits(own.start, other.start)).toBe(depth - 1)
    })
  )
})

test('keys are put in the order of the key space, equal ones too', async () => {
  const list = { count: 3000, key: (i: number) => digest(`key ${i % 1000}`) }
  const order = await orderOf(list, new Breather(new VirtualClock()), new AbortController().signal)
  const truth = Array.from({ length: 3000 }, (_, i) => positionOfKey(list.key(i))).sort((a, b) => a - b)
  expect([...(order?.positions ?? [])]).toEqual(truth)
  expect([...(order?.indices ?? [])].map((i) => positionOfKey(list.key(i)))).toEqual(truth)
  expect(new Set(order?.indices).size).toBe(3000)
  expect(truth[0]).toBe(Number(kadPosition(multihashOf(list.key(order?.indices[0] ?? 0))) >> 224n))
  for (const position of [0, truth[7] ?? 0, (truth[7] ?? 0) + 1, SPACE])
    expect(firstFrom(order as never, position)).toBe(truth.filter((each) => each < position).length)
})

test('putting keys in order gives way in between, and can be called off', async () => {
  let now = 0
  let rests = 0
  const signal = new AbortController()
  // A clock by which each look takes a while.
  const clock = {
    now: () => (now += 1) as never,
    wallTime: () => 0,
    after: (_: number, run: () => void) => {
      if (++rests === 3) signal.abort()
      queueMicrotask(run)
      return () => undefined
    }
  }
  expect(await orderOf(keyList('x', 5000), new Breather(clock), signal.signal)).toBeUndefined()
  expect(rests).toBe(3)
})

test('what is known of the key space has gaps, and ends after a while', () => {
  const known = new KnownServers()
  const servers = network(300, 1)
  const quarter = prefixAt(0, 2)
  known.learn(prefixAt(0, 4), servers, 0)
  expect(known.unknown(quarter, 0)).toEqual(prefixAt(SPACE / 16, 4))
  known.learn(prefixAt(SPACE / 8, 3), servers, 0)
  expect(known.unknown(quarter, 0)).toEqual(prefixAt(SPACE / 16, 4))
  known.learn(prefixAt(SPACE / 16, 4), servers, 0)
  expect(known.unknown(quarter, 0)).toBeUndefined()
  const inside = servers.filter(({ place }) => positionOf(place) < SPACE / 4)
  expect(known.servers(quarter, 0)).toEqual(inside)
  known.remove(inside[3]?.peer ?? '')
  expect(known.servers(quarter, 0)).toHaveLength(inside.length - 1)
  known.add(inside[3] as Server)
  expect(known.servers(quarter, 0)).toEqual(inside)
  expect(known.unknown(quarter, ANNOUNCE.knownFor)).toEqual(quarter)
})

test('what is known may be learnt in any order: all servers of each subtree, none of another', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(SPACE - 1), fc.integer({ min: 0, max: 6 })), { maxLength: 12 }),
      fc.nat(SPACE - 1),
      fc.integer({ min: 0, max: 6 }),
      (learnt, position, depth) => {
        const servers = network(100, 2)
        const known = new KnownServers()
        for (const [at, deep] of learnt) known.learn(prefixAt(at, deep), servers, 0)
        const asked = prefixAt(position, depth)
        const gap = known.unknown(asked, 0)
        const covered = learnt.map(([at, deep]) => prefixAt(at, deep))
        const isCovered = (at: number): boolean =>
          covered.some((prefix) => at >= prefix.start && at < endOf(prefix))
        if (gap !== undefined) expect(isCovered(gap.start)).toBe(false)
        else
          expect(known.servers(asked, 0)).toEqual(
            servers.filter(
              ({ place }) => positionOf(place) >= asked.start && positionOf(place) < endOf(asked)
            )
          )
      }
    )
  )
})

test('a region is explored whole, with few lookups, whatever the size of the network', async () => {
  for (const [size, seed] of [
    [1, 1],
    [20, 2],
    [21, 3],
    [75, 4],
    [400, 5],
    [2000, 6]
  ] as const) {
    const peers = manyPeerIds(size, seed)
    const dht = new FakeDht(new VirtualClock(), peers)
    const explorer = dht.explorer()
    const key = multihashOf(digest(`key ${seed}`))
    const region = await explorer.region(key, true, new AbortController().signal)
    const inside = dht.all().filter(({ place }) => {
      const position = positionOf(place)
      return position >= region.prefix.start && position < endOf(region.prefix)
    })
    expect(region.servers).toEqual(inside)
    expect(region.servers.length).toBeGreaterThanOrEqual(Math.min(size, 40))
    expect(region.whole).toBe(size <= 20)
    expect(dht.lookups).toBeLessThanOrEqual(size <= 19 ? 1 : 16)
  }
})

test('a lookup that answers short in a large network spoils one region, and is made again', async () => {
  const dht = new FakeDht(new VirtualClock(), manyPeerIds(600, 7))
  dht.short = 2
  const explorer = dht.explorer()
  const region = await explorer.region(multihashOf(digest('k')), true, new AbortController().signal)
  expect(region.whole).toBe(false)
  dht.short = 0
  const after = await dht.explorer().region(multihashOf(digest('k')), true, new AbortController().signal)
  expect(after.servers.length).toBeGreaterThanOrEqual(40)
})

test('answers that contradict each other end after a bounded number of lookups', async () => {
  const rng = seededRng(3)
  const peers = manyPeerIds(2000, 8)
  const dht = new FakeDht(new VirtualClock(), peers)
  const lane = {
    size: 2000,
    // Twenty that are very near to whatever is asked: each answer shows next to nothing.
    closest: async (key: Uint8Array) => {
      const near = dht.closestIds(key, 1)
      return Array.from({ length: 20 }, () => ({ id: near[0] ?? peers[rng.below(2000)] })) as never
    }
  }
  const explorer = new RegionExplorer({
    lane,
    clock: new VirtualClock(),
    rng,
    breather: new Breather(new VirtualClock())
  })
  await explorer.region(multihashOf(digest('k')), false, new AbortController().signal)
  expect(explorer.lookups).toBeLessThanOrEqual(2 * ANNOUNCE.lookupsPerRegion + 2)
}, 30_000)

test('where nobody answers there is no region', async () => {
  const dht = new FakeDht(new VirtualClock(), [])
  await expect(
    dht.explorer().region(multihashOf(digest('k')), true, new AbortController().signal)
  ).rejects.toMatchObject({ code: 'network.no-dht-answer' })
})

test('kadPlace and kadPosition say the same', () => {
  expect(big(kadPlace(digest('x')))).toBe(kadPosition(digest('x')))
})

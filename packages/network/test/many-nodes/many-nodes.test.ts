import { seededRng } from '@p2pshare/base'
import { afterEach, describe, expect, test } from 'vitest'
import { sendRecords } from '../../src/announce/record-sender.ts'
import { commonPrefix, kadPosition, multihashOf } from '../../src/dht/kad-key.ts'
import {
  ManyNodes,
  plannedTable,
  positionedKey,
  type SimulatedNode,
  tableOf
} from '../support/many-nodes/index.ts'
import { groupedValues } from '../support/many-nodes/grouped-values.ts'
import { digest } from '../support/nodes.ts'

const networks: ManyNodes[] = []

async function network(seed: number, count: number): Promise<ManyNodes> {
  const made = await ManyNodes.start({ seed, count })
  networks.push(made)
  return made
}

afterEach(async () => {
  for (const each of networks.splice(0)) await each.stop()
})

const signal = new AbortController().signal
const nameOf = (node: SimulatedNode): string => node.libp2p.peerId.toString()

describe('many nodes in one process', () => {
  test('have the same ids and tables for the same seed, and others for another', async () => {
    const [a, b, c] = [await network(7, 40), await network(7, 40), await network(8, 40)]
    expect(a.nodes.map(nameOf)).toEqual(b.nodes.map(nameOf))
    expect(a.nodes.map(tableOf)).toEqual(b.nodes.map(tableOf))
    expect(a.nodes.map(nameOf)).not.toEqual(c.nodes.map(nameOf))
  })

  test('find the true closest, store and count', async () => {
    const net = await network(1, 60)
    const [node] = net.nodes as [SimulatedNode]
    const key = multihashOf(digest('somewhere'))
    const found = await node.lane.closest(key, signal, 20_000)
    const truth = net.closest(key, 21).filter((each) => each !== node)
    expect(found.map((peer) => peer.id.toString())).toEqual(truth.slice(0, 20).map(nameOf))
    expect(net.counts().of('FIND_NODE')).toBeGreaterThanOrEqual(20)
    expect(net.counts().streamsIn).toBe(net.counts().sent)

    const [first] = truth as [SimulatedNode]
    await sendRecords(node.sender, nameOf(first), [key], signal)
    expect(first.count.recordsIn).toBe(1)
    expect(first.records.providers(key, 20)).toEqual([
      {
        peer: nameOf(node),
        addresses: node.libp2p.getMultiaddrs().map((each) => String(each.decapsulate('/p2p')))
      }
    ])
  })

  test('come and go', async () => {
    const net = await network(2, 50)
    const gone = net.nodes.slice(10, 20)
    for (const node of gone) await net.leave(node)
    const names = new Set(gone.map(nameOf))
    const deadIn = (node: SimulatedNode): number =>
      tableOf(node).filter(({ peer }) => names.has(peer.toString())).length
    const before = deadIn(net.nodes[0] as SimulatedNode)
    const key = multihashOf(digest('after the change'))
    const near = kadPosition(key)
    const joined = await net.join(positionedKey(seededRng(3), (at) => commonPrefix(at, near) >= 10))
    expect(net.closest(key, 1)).toEqual([joined])
    const found = await (net.nodes[0] as SimulatedNode).lane.closest(key, signal, 20_000)
    const answered = found.map((peer) => peer.id.toString())
    expect(answered[0]).toBe(nameOf(joined))
    expect(answered.filter((name) => names.has(name))).toEqual([])
    expect(net.counts().failed).toBeGreaterThan(0)

    // Whoever was asked and could not be reached has left the searcher's table.
    expect(deadIn(net.nodes[0] as SimulatedNode)).toBeLessThan(before)
  })
})

test('a planned table has at most twenty of each bucket, and all of the near ones', () => {
  const rng = seededRng(1)
  const sorted = Array.from({ length: 2000 }, (_, i) => kadPosition(Buffer.from(`peer ${i}`))).sort((a, b) =>
    a < b ? -1 : 1
  )
  const self = sorted[1234] as bigint
  const table = plannedTable(sorted, self, rng).map((i) => sorted[i] as bigint)
  expect(new Set(table).size).toBe(table.length)
  expect(table).not.toContain(self)
  for (let depth = 0; depth < 20; depth++) {
    const bucket = sorted.filter((each) => each !== self && commonPrefix(each, self) === depth)
    const taken = table.filter((each) => commonPrefix(each, self) === depth)
    expect(taken.length).toBe(Math.min(20, bucket.length))
  }
})

test('grouped values answer as an ordered store does', () => {
  const values = groupedValues()
  const bytes = Uint8Array.of(1)
  values.batch(
    ['r/b/2', 'r/b/1', 'r/a/9', 'p/x', 'top'].map((key) => ({ key, value: bytes })),
    []
  )
  const keys = (prefix: string): string[] => [...values.query(prefix)].map(({ key }) => key)
  expect(keys('r/')).toEqual(['r/a/9', 'r/b/1', 'r/b/2'])
  expect(keys('r/b/')).toEqual(['r/b/1', 'r/b/2'])
  expect(keys('r/b')).toEqual(['r/b/1', 'r/b/2'])
  expect(keys('')).toHaveLength(5)
  values.batch([], ['r/b/1', 'r/b/2'])
  expect(keys('r/b/')).toEqual([])
  expect(values.get('p/x')).toBe(bytes)
})

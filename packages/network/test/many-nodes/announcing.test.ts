import { afterEach, expect, test } from 'vitest'
import { announceIn, ManyNodes, placements, type SimulatedNode } from '../support/many-nodes/index.ts'
import { keyList, publication } from '../support/nodes.ts'

let net: ManyNodes | undefined

afterEach(async () => {
  await net?.stop()
  net = undefined
})

// The same ratios as for 300 nodes and 20,000 keys: `npm run bench announce`.
test('1,000 keys on 80 real nodes: about a stream a server, few lookups, records on the true closest', async () => {
  net = await ManyNodes.start({ seed: 5, count: 81 })
  const node = net.nodes[40] as SimulatedNode
  const share = { ...publication('s', 1000), files: keyList('none', 0) }
  const cost = await announceIn(net, node, share)
  // Forty more for the root, which went out first.
  expect(cost.streams).toBeLessThanOrEqual(1.2 * cost.servers + 40)
  expect(cost.lookups).toBeLessThanOrEqual((30 * cost.servers) / 100)
  expect(cost.records).toBe(40 + 1000 * 20)
  const sample = Array.from({ length: 50 }, (_, i) => share.chunks.key(i * 20))
  expect(Math.min(...placements(net, node, sample, 20))).toBeGreaterThanOrEqual(18)
  expect(placements(net, node, [share.root], 40)).toEqual([40])
}, 60_000)

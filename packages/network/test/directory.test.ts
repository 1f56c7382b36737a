import { afterEach, expect, test } from 'vitest'
import { findAll, findFirst, publication, startNode, stopAll, stopNode, until } from './support/nodes.ts'

afterEach(stopAll)

test('content is found through a bootstrap peer, and still after it is gone', async () => {
  const middle = await startNode()
  const bootstrap = middle.network.addresses()
  const seeder = await startNode({ bootstrap })
  const finder = await startNode({ bootstrap })
  const other = await startNode({ bootstrap })
  const share = publication('share')
  seeder.directory.publish(share)
  const found = await findFirst(finder.directory, share.root)
  expect(found?.peer).toBe(seeder.network.self)
  expect(found?.addresses.some((address) => address.startsWith('/ip4/127.0.0.1/tcp/'))).toBe(true)
  expect(found?.source).toBe('lan-dht')
  await until(() => finder.network.peers().length >= 3, 'the finder knows all')
  await stopNode(middle)
  expect((await findFirst(other.directory, share.root))?.peer).toBe(seeder.network.self)
})

test('two nodes are a network', async () => {
  const seeder = await startNode()
  const share = publication('two')
  seeder.directory.publish(share)
  const finder = await startNode({ bootstrap: seeder.network.addresses() })
  const { providers, reports } = await findAll(finder.directory, share.root)
  expect(providers.map((provider) => provider.peer)).toEqual([seeder.network.self])
  expect(reports.map((report) => report.outcome)).toEqual(['found'])
})

test('2000 chunks of a share are all announced, over few streams', async () => {
  const middle = await startNode()
  const bootstrap = middle.network.addresses()
  const others = await Promise.all([1, 2, 3].map(() => startNode({ bootstrap })))
  const seeder = await startNode({ bootstrap })
  const share = publication('large', 2000)
  seeder.directory.publish(share)
  await until(() => seeder.directory.publicationStatus('large')?.announced === 2002, 'all announced', 15_000)
  const finder = others[0]
  if (finder === undefined) throw new Error('no finder')
  for (let i = 0; i < 2000; i += 97) {
    expect((await findFirst(finder.directory, share.chunks.key(i)))?.peer).toBe(seeder.network.self)
  }
})

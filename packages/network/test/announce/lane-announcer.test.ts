import { multiaddr } from '@multiformats/multiaddr'
import { KadDHT } from '../support/kad-dht-class.ts'
import { afterEach, expect, test, vi } from 'vitest'
import { answerDht, rawPeer, stopRawPeers } from '../support/raw-peer.ts'
import { memoryValues } from '../support/memory-values.ts'
import { findFirst, publication, startNode, stopAll, stopNode, until } from '../support/nodes.ts'

afterEach(async () => {
  await stopAll()
  await stopRawPeers()
  vi.restoreAllMocks()
})

/** A DHT server that counts what it is told. */
async function countingServer() {
  const server = await rawPeer()
  const seen = { records: 0, streams: new Set<string>(), keys: new Set<string>() }
  await answerDht(server, (request, stream) => {
    if (request.type !== 'ADD_PROVIDER') return { type: request.type, closer: [], providers: [] }
    seen.records++
    seen.streams.add(stream.id)
    seen.keys.add(Buffer.from(request.key ?? []).toString('hex'))
    return undefined
  })
  return { server, seen, addresses: server.getMultiaddrs().map(String) }
}

test('a newcomer to a small network is told everything announced before', async () => {
  const first = await startNode()
  const seeder = await startNode({ bootstrap: first.network.addresses() })
  const share = publication('early', 300)
  seeder.directory.publish(share)
  await until(() => seeder.directory.publicationStatus('early')?.announced === 302, 'announced to the first')
  const late = await startNode({ bootstrap: seeder.network.addresses() })
  const finder = await startNode({ bootstrap: late.network.addresses() })
  await stopNode(first)
  expect((await findFirst(finder.directory, share.chunks.key(299)))?.peer).toBe(seeder.network.self)
})

test('progress outlives a restart: what is announced is not announced again', async () => {
  const values = memoryValues()
  const first = await startNode()
  const options = { values, bootstrap: first.network.addresses() }
  const seeder = await startNode(options)
  const share = publication('kept', 500)
  seeder.directory.publish(share)
  await until(() => seeder.directory.publicationStatus('kept')?.announced === 502, 'announced')
  await stopNode(seeder)
  const again = await startNode(options)
  again.directory.publish(share)
  expect(again.directory.publicationStatus('kept')).toMatchObject({ announced: 502, total: 502 })
  again.directory.publish(publication('kept', 501))
  // Its root and file are still the same.
  expect(again.directory.publicationStatus('kept')).toMatchObject({ announced: 2, total: 503 })
})

test("kad-dht's own provide is never used, so its reprovider has nothing to do", async () => {
  const provide = vi.spyOn(KadDHT.prototype, 'provide')
  const values = memoryValues()
  const first = await startNode({ values })
  const seeder = await startNode({ bootstrap: first.network.addresses() })
  seeder.directory.publish(publication('plain', 20))
  await until(() => seeder.directory.publicationStatus('plain')?.announced === 22, 'announced')
  expect(first.network.condition().dhts[0]?.records).toBe(22)
  await stopNode(first)
  expect(provide).not.toHaveBeenCalled()
  expect([...values.rows.keys()].filter((row) => row.includes('/dht0/provider'))).toEqual([])
})

test('without a server nothing counts as announced, and the first one gets it', async () => {
  const seeder = await startNode()
  const share = publication('alone', 10)
  seeder.directory.publish(share)
  const { seen, server } = await countingServer()
  expect(seeder.directory.publicationStatus('alone')).toMatchObject({ announced: 0, oldest: undefined })
  await server.dial(multiaddr(seeder.network.addresses()[0] ?? ''))
  await until(() => seeder.directory.publicationStatus('alone')?.announced === 12, 'announced')
  expect(seen.keys.size).toBe(12)
})

test('2000 chunks reach a server over few streams, each key once', async () => {
  const { seen, addresses } = await countingServer()
  const seeder = await startNode({ bootstrap: addresses })
  const server = multiaddr(addresses[0] ?? '').toString()
  await until(() => seeder.network.peers().some((each) => server.includes(each.peer)), 'connected')
  seeder.directory.publish(publication('big', 2000))
  await until(() => seeder.directory.publicationStatus('big')?.announced === 2002, 'announced')
  expect(seen.keys.size).toBe(2002)
  expect(seen.records).toBeLessThanOrEqual(2002 + 1)
  expect(seen.streams.size).toBeLessThanOrEqual(12)
})

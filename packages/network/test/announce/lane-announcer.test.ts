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
  const seen = { records: 0, pings: 0, keys: new Set<string>() }
  await answerDht(server, (request) => {
    if (request.type === 'ADD_PROVIDER') {
      seen.records++
      seen.keys.add(Buffer.from(request.key ?? []).toString('hex'))
      // ADD_PROVIDER has no answer; an empty frame is dropped by the counting reader of nobody.
    }
    if (request.type === 'PING') seen.pings++
    return { type: request.type, closer: [], providers: [] }
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
  expect(again.directory.publicationStatus('kept')).toMatchObject({ announced: 0, total: 503 })
})

test("kad-dht's own provide is never used, so its reprovider has nothing to do", async () => {
  const provide = vi.spyOn(KadDHT.prototype, 'provide')
  const values = memoryValues()
  const first = await startNode({ values })
  const seeder = await startNode({ bootstrap: first.network.addresses() })
  seeder.directory.publish(publication('plain', 20))
  await until(() => seeder.directory.publicationStatus('plain')?.announced === 22, 'announced')
  await stopNode(first)
  expect(provide).not.toHaveBeenCalled()
  expect([...values.rows.keys()].filter((row) => row.includes('/dht0/provider'))).toEqual([])
  expect([...values.rows.keys()].filter((row) => row.includes('/r/'))).toHaveLength(22)
})

test('without a server nothing counts as announced, and the first one gets it', async () => {
  const seeder = await startNode()
  const share = publication('alone', 10)
  seeder.directory.publish(share)
  const { seen, server } = await countingServer()
  expect(seeder.directory.publicationStatus('alone')).toEqual({ announced: 0, total: 12, oldest: undefined })
  const { multiaddr } = await import('@multiformats/multiaddr')
  await server.dial(multiaddr(seeder.network.addresses()[0] ?? ''))
  await until(() => seen.keys.size >= 1, 'the root came')
})

import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import { multihashOf } from '../../src/dht/kad-key.ts'
import { encodeKadMessage, type KadMessage } from '../../src/dht/message.ts'
import { DHT_MESSAGE, FIND } from '../../src/limits/index.ts'
import { memoryValues } from '../support/memory-values.ts'
import { digest, findAll, publication, startNode, stopAll, until } from '../support/nodes.ts'
import { answerDht, LAN_PROTOCOL, rawPeer, stopRawPeers, talkDht } from '../support/raw-peer.ts'

afterEach(async () => {
  await stopAll()
  await stopRawPeers()
})

const ping = encodeKadMessage({ type: 'PING', closer: [], providers: [] })
const key = multihashOf(digest('wanted'))

/** A peer id that nobody has, different for each number. */
function someId(i: number): Uint8Array {
  const id = new Uint8Array(34).fill(i >> 8)
  id.set([0x12, 0x20, i & 255])
  return id
}

async function findWith(answer: (request: KadMessage) => KadMessage | Uint8Array) {
  const liar = await rawPeer()
  await answerDht(liar, (request) =>
    request.type === 'PING' ? { type: 'PING', closer: [], providers: [] } : answer(request)
  )
  const node = await startNode({ bootstrap: liar.getMultiaddrs().map(String) })
  const began = performance.now()
  const result = await findAll(node.directory, digest('wanted'))
  return { ...result, took: performance.now() - began, node }
}

test('an answer of any size gives at most 20 providers with 8 addresses in scope each', async () => {
  const lan = multiaddr('/ip4/127.0.0.1/tcp/9').bytes
  const far = multiaddr('/ip4/8.8.8.8/tcp/9').bytes
  const { providers } = await findWith((request) => ({
    type: request.type,
    closer: [],
    providers: Array.from({ length: 100 }, (_, i) => ({
      id: someId(i),
      multiaddrs: [far, new Uint8Array([255, 255, 255]), ...Array.from({ length: 11 }, () => lan), far]
    }))
  }))
  expect(providers).toHaveLength(20)
  for (const provider of providers) {
    expect(provider.addresses.length).toBeLessThanOrEqual(DHT_MESSAGE.maxAddresses)
    expect(provider.addresses.every((address) => address.startsWith('/ip4/127.0.0.1/'))).toBe(true)
  }
  expect(providers.length).toBeLessThanOrEqual(FIND.maxProviders)
})

test('malformed peers in an answer cost only themselves', async () => {
  const { providers } = await findWith((request) => ({
    type: request.type,
    closer: [{ id: Uint8Array.of(1, 2, 3), multiaddrs: [] }],
    providers: [
      { id: Uint8Array.of(9), multiaddrs: [] },
      { id: someId(1), multiaddrs: [multiaddr('/ip4/127.0.0.1/tcp/9').bytes] }
    ]
  }))
  expect(providers).toHaveLength(1)
})

test.each([
  ['a megabyte', new Uint8Array(1 << 20)],
  ['noise', new Uint8Array(1000).fill(0xff)],
  ['another message', ping]
])('%s for an answer ends that request only', async (_, bytes) => {
  const { reports, node } = await findWith(() => bytes)
  expect(reports.map((report) => report.outcome)).toEqual(['nobody'])
  expect(node.network.addresses()).not.toEqual([])
})

test('values are refused and leave nothing behind', async () => {
  const values = memoryValues()
  const node = await startNode({ values })
  const stranger = await rawPeer()
  const put = Uint8Array.from([...encodeKadMessage({ type: 'PUT_VALUE', key, closer: [], providers: [] })])
  const address = node.network.addresses()[0] ?? ''
  const before = [...values.rows.keys()].filter((row) => !row.includes('/peers/'))
  await expect(talkDht(stranger, address, [put, ping], 1)).rejects.toThrow()
  expect([...values.rows.keys()].filter((row) => !row.includes('/peers/'))).toEqual(before)
})

test('nobody can announce somebody else, or without an address', async () => {
  const node = await startNode()
  const stranger = await rawPeer()
  const address = node.network.addresses()[0] ?? ''
  const lan = multiaddr('/ip4/127.0.0.1/tcp/9').bytes
  const self = stranger.peerId.toMultihash().bytes
  const add = (id: Uint8Array, multiaddrs: Uint8Array[]): Uint8Array =>
    encodeKadMessage({ type: 'ADD_PROVIDER', key, closer: [], providers: [{ id, multiaddrs }] })
  const get = encodeKadMessage({ type: 'GET_PROVIDERS', key, closer: [], providers: [] })
  const far = multiaddr('/ip4/8.8.8.8/tcp/9').bytes
  const [none] = await talkDht(
    stranger,
    address,
    [add(someId(1), [lan]), add(self, []), add(self, [far]), get],
    1
  )
  expect(none?.providers).toEqual([])
  const [one] = await talkDht(stranger, address, [add(self, [lan]), get], 1)
  expect(one?.providers).toHaveLength(1)
})

test('a batch is answered whole, although the sender half-closes at once', async () => {
  const node = await startNode()
  const stranger = await rawPeer()
  const records = Array.from({ length: 500 }, (_, i) =>
    encodeKadMessage({
      type: 'ADD_PROVIDER',
      key: multihashOf(digest(`batch ${i}`)),
      closer: [],
      providers: [
        { id: stranger.peerId.toMultihash().bytes, multiaddrs: [multiaddr('/ip4/127.0.0.1/tcp/9').bytes] }
      ]
    })
  )
  const stream = await stranger.dialProtocol(multiaddr(node.network.addresses()[0] ?? ''), LAN_PROTOCOL)
  const { lpStream } = await import('@libp2p/utils')
  await lpStream(stream).writeV(records)
  await stream.close()
  for (const i of [0, 250, 499]) {
    const get = encodeKadMessage({
      type: 'GET_PROVIDERS',
      key: multihashOf(digest(`batch ${i}`)),
      closer: [],
      providers: []
    })
    let found = 0
    for (let tries = 0; found === 0 && tries < 100; tries++) {
      const [answer] = await talkDht(stranger, node.network.addresses()[0] ?? '', [get], 1)
      found = answer?.providers.length ?? 0
    }
    expect(found).toBe(1)
  }
})

test('our own content is found by asking us, in an answer of 20 peers at most', async () => {
  const node = await startNode()
  node.directory.publish(publication('ours', 3))
  const stranger = await rawPeer()
  const get = encodeKadMessage({
    type: 'GET_PROVIDERS',
    key: multihashOf(digest('ours chunk 2')),
    closer: [],
    providers: []
  })
  const [answer] = await talkDht(stranger, node.network.addresses()[0] ?? '', [get], 1)
  expect(answer?.providers).toHaveLength(1)
  node.directory.withdraw('ours')
  const [after] = await talkDht(stranger, node.network.addresses()[0] ?? '', [get], 1)
  expect(after?.providers).toEqual([])
  await until(() => node.network.peers().length === 1, 'the stranger is still connected')
})

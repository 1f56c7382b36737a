import { connect } from 'node:net'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { seededRng } from '@p2pshare/base'
import { afterEach, expect, test } from 'vitest'
import { sendRecords } from '../../src/announce/record-sender.ts'
import { multihashOf } from '../../src/dht/kad-key.ts'
import { decodeKadMessage, encodeKadMessage, type KadMessage } from '../../src/dht/message.ts'
import { varint } from '../../src/dht/protobuf.ts'
import { DHT_MESSAGE } from '../../src/limits/index.ts'
import type { Network } from '../../src/network-options.ts'
import { memoryValues } from '../support/memory-values.ts'
import { digest, startNode, stopAll, until } from '../support/nodes.ts'
import { LAN_PROTOCOL, rawPeer, stopRawPeers, talkDht } from '../support/raw-peer.ts'

afterEach(async () => {
  await stopAll()
  await stopRawPeers()
})

const ping = encodeKadMessage({ type: 'PING', closer: [], providers: [] })
const key = (text: string): Uint8Array => multihashOf(digest(text))
const get = (text: string): Uint8Array =>
  encodeKadMessage({ type: 'GET_PROVIDERS', key: key(text), closer: [], providers: [] })
const addressOf = (node: Network): string => node.network.addresses()[0] ?? ''
const recordsOf = (node: Network): number => node.network.condition().dhts[0]?.records ?? 0

test('two servers hold all 100,000 chunks of a third node', { timeout: 180_000 }, async () => {
  const CHUNKS = 100_000
  const values = memoryValues()
  const servers = [await startNode({ values }), await startNode()]
  const announcer = await rawPeer()
  const init = { node: announcer, protocol: LAN_PROTOCOL, scope: 'lan' } as const
  await Promise.all(
    servers.map(async (server) => {
      await announcer.dial(multiaddr(addressOf(server)))
      for (let i = 0; i < CHUNKS; i += 5000) {
        const keys = Array.from({ length: 5000 }, (_, j) => key(`chunk ${i + j}`))
        await sendRecords(init, server.network.self, keys, AbortSignal.timeout(60_000))
      }
    })
  )
  expect(servers.map(recordsOf)).toEqual([CHUNKS, CHUNKS])
  for (const server of servers) {
    for (let i = 0; i < CHUNKS; i += 2500) {
      const [answer] = await talkDht(announcer, addressOf(server), [get(`chunk ${i}`)], 1)
      expect(answer?.providers).toHaveLength(1)
    }
  }
  await stopAll()
  let bytes = 0
  for (const [row, value] of values.rows)
    if (row.startsWith('records/')) bytes += row.length + value.byteLength
  expect(bytes / CHUNKS).toBeLessThan(48)
})

test('a sender that never waits is slowed down, and loses nothing', { timeout: 60_000 }, async () => {
  const node = await startNode()
  const sender = await rawPeer()
  const providers = [
    { id: sender.peerId.toMultihash().bytes, multiaddrs: [multiaddr('/ip4/127.0.0.1/tcp/9').bytes] }
  ]
  const stream = await sender.dialProtocol(multiaddr(addressOf(node)), LAN_PROTOCOL)
  const frames = lpStream(stream)
  const records = Array.from({ length: 8000 }, (_, i) =>
    encodeKadMessage({ type: 'ADD_PROVIDER', key: key(`bulk ${i}`), closer: [], providers })
  )
  await frames.writeV([...records, ping])
  await stream.close()
  await until(() => recordsOf(node) === 8000, 'all records are there', 30_000)
})

test('others are answered while a flood waits', { timeout: 60_000 }, async () => {
  const node = await startNode()
  const flooder = await rawPeer()
  const honest = await rawPeer()
  const id = flooder.peerId.toMultihash().bytes
  const providers = [{ id, multiaddrs: [multiaddr('/ip4/127.0.0.1/tcp/9').bytes] }]
  const stop = new AbortController()
  const flood = Promise.all(
    Array.from({ length: 8 }, async (_, part) => {
      const frames = lpStream(await flooder.dialProtocol(multiaddr(addressOf(node)), LAN_PROTOCOL))
      for (let i = 0; !stop.signal.aborted; i += 50) {
        const messages = Array.from({ length: 50 }, (__, j) =>
          encodeKadMessage({ type: 'ADD_PROVIDER', key: key(`${part} ${i + j}`), closer: [], providers })
        )
        await frames.writeV(messages, { signal: stop.signal })
      }
    })
  )
  for (let i = 0; i < 20; i++) {
    const [pong] = await talkDht(honest, addressOf(node), [ping], 1)
    expect(pong?.type).toBe('PING')
    const [answer] = await talkDht(honest, addressOf(node), [get('nothing')], 1)
    expect(answer?.type).toBe('GET_PROVIDERS')
  }
  stop.abort()
  // Aborted on purpose; anything else fails the test.
  await flood.catch((error: unknown) => expect((error as Error).name).toBe('AbortError'))
  expect(recordsOf(node)).toBeGreaterThan(0)
})

test('an answer names at most 20 providers and 20 servers, in at most 64 KiB', async () => {
  const node = await startNode()
  const long = `/dns4/${'a'.repeat(60)}.${'b'.repeat(60)}.example/tcp/`
  for (let i = 0; i < 25; i++) {
    const peer = await rawPeer()
    const own = multiaddr('/ip4/127.0.0.1/tcp/9').bytes
    const more = Array.from({ length: 12 }, (_, j) => multiaddr(`/ip6/fc00::${j + 1}/tcp/${j + 1}`).bytes)
    const far = multiaddr(`${long}1`).bytes
    const providers = [{ id: peer.peerId.toMultihash().bytes, multiaddrs: [far, own, ...more] }]
    const add = encodeKadMessage({ type: 'ADD_PROVIDER', key: key('hot'), closer: [], providers })
    await talkDht(peer, addressOf(node), [add, ping], 1)
  }
  const asker = await rawPeer()
  const [answer] = await talkDht(asker, addressOf(node), [get('hot')], 1)
  expect(answer?.providers).toHaveLength(20)
  for (const each of answer?.providers ?? []) expect(each.multiaddrs.length).toBeLessThanOrEqual(8)
  expect(encodeKadMessage(answer as KadMessage).byteLength).toBeLessThan(DHT_MESSAGE.maxSize)
})

test('who asks for a value is told of servers only', async () => {
  const values = memoryValues()
  const node = await startNode({ values })
  const asker = await rawPeer()
  const request = encodeKadMessage({ type: 'GET_VALUE', key: key('v'), closer: [], providers: [] })
  const stream = await asker.dialProtocol(multiaddr(addressOf(node)), LAN_PROTOCOL)
  const frames = lpStream(stream)
  await frames.write(request)
  const answer = (await frames.read()).subarray()
  // Exactly what our encoder makes of an answer without lists, so there is no value in it.
  expect(Buffer.compare(answer, request)).toBe(0)
  expect([...values.rows.keys()].filter((row) => row.startsWith('records/'))).toEqual([])
})

test('before the handshake has ended no DHT message is answered, and little else', async () => {
  const node = await startNode()
  const port = /tcp\/(\d+)/.exec(addressOf(node))?.[1]
  const socket = connect(Number(port), '127.0.0.1')
  let received = 0
  socket.on('data', (data) => {
    received += data.length
  })
  socket.on('error', () => undefined)
  const closed = new Promise((resolve) => socket.on('close', resolve))
  const request = get('anything')
  const protocol = Buffer.from(`/multistream/1.0.0\n${LAN_PROTOCOL}\n`)
  const sent = Buffer.concat([varint(19), protocol.subarray(0, 19), varint(LAN_PROTOCOL.length + 1)])
  const all = Buffer.concat([sent, protocol.subarray(19), varint(request.byteLength), request])
  socket.write(all)
  await closed
  expect(received).toBeLessThanOrEqual(3 * all.byteLength)
})

test('random and damaged messages end their stream, and nothing else', { timeout: 60_000 }, async () => {
  const node = await startNode()
  const stranger = await rawPeer()
  const rng = seededRng(7)
  const providers = [
    { id: stranger.peerId.toMultihash().bytes, multiaddrs: [multiaddr('/ip4/127.0.0.1/tcp/9').bytes] }
  ]
  const models = [
    get('wanted'),
    ping,
    encodeKadMessage({ type: 'ADD_PROVIDER', key: key('x'), closer: [], providers }),
    encodeKadMessage({ type: 'FIND_NODE', key: key('y'), closer: providers, providers })
  ]
  for (let i = 0; i < 150; i++) {
    const stream = await stranger.dialProtocol(multiaddr(addressOf(node)), LAN_PROTOCOL)
    const ended = new Promise((resolve) => stream.addEventListener('close', resolve, { once: true }))
    for (let j = 0; j < 5 && stream.status === 'open'; j++) stream.send(damaged(models, rng))
    // Some of it is a valid message, or the beginning of one, and would be waited for.
    stream.abort(new Error('enough'))
    await ended
  }
  const [pong] = await talkDht(await rawPeer(), addressOf(node), [ping], 1)
  expect(pong?.type).toBe('PING')
})

test.each([
  ['a length of 2^63', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ['a length above 64 KiB', [...varint(DHT_MESSAGE.maxSize + 1)]],
  ['no message', [4, 1, 2, 3, 4]],
  ['a value to keep', [2, 8, 0]]
])('%s resets the stream at once', async (_, bytes) => {
  const node = await startNode()
  const stranger = await rawPeer()
  const stream = await stranger.dialProtocol(multiaddr(addressOf(node)), LAN_PROTOCOL)
  const closed = new Promise<Error | undefined>((resolve) =>
    stream.addEventListener('close', (event) => resolve((event as { error?: Error }).error), { once: true })
  )
  stream.send(Uint8Array.from(bytes))
  expect((await closed)?.name).toBe('StreamResetError')
})

test('damaged messages decode to something within the limits, or to nothing', () => {
  const rng = seededRng(11)
  const models = [
    get('a'),
    encodeKadMessage({
      type: 'FIND_NODE',
      key: key('b'),
      closer: Array.from({ length: 20 }, (_, i) => ({
        id: Uint8Array.of(0, i),
        multiaddrs: [Uint8Array.of(4, 127, 0, 0, 1)]
      })),
      providers: []
    })
  ]
  for (let i = 0; i < 20_000; i++) {
    const framed = damaged(models, rng)
    const decoded = decodeKadMessage(framed.subarray(1))
    if (decoded === undefined) continue
    expect(decoded.closer.length + decoded.providers.length).toBeLessThanOrEqual(2 * DHT_MESSAGE.maxPeers)
    expect(decoded.key?.byteLength ?? 0).toBeLessThanOrEqual(DHT_MESSAGE.maxKeySize)
  }
})

/** A message with its length, damaged in one of several ways, or noise. */
function damaged(models: readonly Uint8Array[], rng: { below(limit: number): number }): Uint8Array {
  const model = models[rng.below(models.length)] ?? ping
  const out = Buffer.concat([varint(model.byteLength), model])
  const at = rng.below(out.byteLength)
  switch (rng.below(5)) {
    case 0:
      out[at] = rng.below(256)
      return out
    case 1:
      return out.subarray(0, at)
    case 2:
      return Buffer.concat([
        out.subarray(0, at),
        Buffer.alloc(rng.below(200), rng.below(256)),
        out.subarray(at)
      ])
    case 3:
      return Uint8Array.from({ length: 1 + rng.below(300) }, () => rng.below(256))
    default:
      for (let i = 0; i < 5; i++) out[rng.below(out.byteLength)] = rng.below(256)
      return out
  }
}

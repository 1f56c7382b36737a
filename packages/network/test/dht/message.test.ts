import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeKadMessage, encodeKadMessage, type KadMessage } from '../../src/dht/message.ts'
import { DHT_MESSAGE } from '../../src/limits/index.ts'

/** kad-dht's own codec, which it does not export. */
const entry = createRequire(import.meta.url).resolve('@libp2p/kad-dht')
const { Message } = (await import(pathToFileURL(join(dirname(entry), 'message/dht.js')).href)) as {
  Message: { encode(message: object): Uint8Array; decode(bytes: Uint8Array): KadMessage }
}

const types = ['PUT_VALUE', 'GET_VALUE', 'ADD_PROVIDER', 'GET_PROVIDERS', 'FIND_NODE', 'PING'] as const
const peer = fc.record({
  id: fc.uint8Array({ minLength: 1, maxLength: 60 }),
  multiaddrs: fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 })
})
const message = fc.record({
  type: fc.constantFrom(...types),
  key: fc.uint8Array({ minLength: 1, maxLength: DHT_MESSAGE.maxKeySize }),
  closer: fc.array(peer, { maxLength: 20 }),
  providers: fc.array(peer, { maxLength: 20 })
})

test('speaks as kad-dht does, both ways', () => {
  fc.assert(
    fc.property(message, (sample) => {
      expect(plain(Message.decode(encodeKadMessage(sample)))).toEqual(plain(sample))
      expect(plain(decodeKadMessage(Message.encode(sample)))).toEqual(plain(sample))
    })
  )
})

test('a known message has known bytes', () => {
  const bytes = encodeKadMessage({
    type: 'ADD_PROVIDER',
    key: Uint8Array.of(1, 2),
    closer: [],
    providers: [{ id: Uint8Array.of(3), multiaddrs: [Uint8Array.of(4, 5)] }]
  })
  expect(Buffer.from(bytes).toString('hex')).toBe('08021202' + '0102' + '4a07' + '0a0103' + '12020405')
})

test('any bytes decode to a message within the limits, or to nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const decoded = decodeKadMessage(bytes)
      expect(decoded === undefined || decoded.closer.length <= DHT_MESSAGE.maxPeers).toBe(true)
    })
  )
})

test('a flood of peers and addresses is cut, a malformed peer left out', () => {
  const many = Array.from({ length: 500 }, (_, i) => ({
    id: Uint8Array.of(i % 256),
    multiaddrs: Array.from({ length: 100 }, () => new Uint8Array(4))
  }))
  const decoded = decodeKadMessage(encodeKadMessage({ type: 'FIND_NODE', closer: many, providers: many }))
  expect(decoded?.closer).toHaveLength(DHT_MESSAGE.maxPeers)
  expect(decoded?.providers[0]?.multiaddrs.length).toBeLessThanOrEqual(4 * DHT_MESSAGE.maxAddresses)
  const broken = Uint8Array.of(0x08, 4, 0x42, 2, 0x0a, 200)
  expect(decodeKadMessage(broken)).toEqual({ type: 'FIND_NODE', closer: [], providers: [] })
})

test('unknown types and overlong keys are no messages', () => {
  expect(decodeKadMessage(Uint8Array.of(0x08, 9))).toBeUndefined()
  const long = encodeKadMessage({
    type: 'PING',
    key: new Uint8Array(DHT_MESSAGE.maxKeySize + 1),
    closer: [],
    providers: []
  })
  expect(decodeKadMessage(long)).toBeUndefined()
  // A length of 2^63 in a field, and a varint that never ends.
  expect(
    decodeKadMessage(Uint8Array.of(0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f))
  ).toBeUndefined()
  expect(decodeKadMessage(new Uint8Array(12).fill(0xff))).toBeUndefined()
})

function plain(value: KadMessage | undefined): unknown {
  if (value === undefined) return undefined
  const peers = (list: KadMessage['closer']): unknown =>
    list.map((each) => ({ id: [...each.id], multiaddrs: each.multiaddrs.map((address) => [...address]) }))
  return {
    type: value.type,
    key: [...(value.key ?? [])],
    closer: peers(value.closer),
    providers: peers(value.providers)
  }
}

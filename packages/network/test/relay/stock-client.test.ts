import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import { concat } from 'uint8arrays/concat'
import { RecordEnvelope } from '@libp2p/peer-record'
import { equals } from 'uint8arrays/equals'
import { bytesField, lastBytes, lastVarint, readFields, varintField } from '../../src/dht/protobuf.ts'
import { RELAY } from '../../src/limits/index.ts'
import { startNode, stopAll, until } from '../support/nodes.ts'
import {
  askHop,
  circuitAddress,
  connectionTo,
  stockClient,
  stockListener,
  stopClients
} from './relay-client.ts'

afterEach(async () => {
  await stopClients()
  await stopAll()
})

const ECHO = '/test/echo/1.0.0'

async function startRelay(choice: 'signals' | 'data' = 'signals') {
  const relay = await startNode({ relay: { choice } })
  return { relay, address: relay.network.addresses()[0] ?? '' }
}

test('a stock client gets a place, is dialled over it by another, and bytes go both ways', async () => {
  const { relay, address } = await startRelay()
  const listener = await stockListener(address)
  await listener.handle(
    ECHO,
    (stream) => stream.addEventListener('message', (event) => stream.send(event.data)),
    { runOnLimitedConnection: true }
  )
  const dialler = await stockClient()
  const connection = await dialler.dial(multiaddr(circuitAddress(listener) ?? ''))
  expect(connection.limits?.seconds).toBeLessThanOrEqual(RELAY.signals.seconds)
  expect(connection.limits?.seconds).toBeGreaterThan(RELAY.signals.seconds - 30)
  const stream = await connection.newStream(ECHO, { runOnLimitedConnection: true })
  const sent = new Uint8Array(40_000).map((_, i) => i % 251)
  let back: Uint8Array = new Uint8Array(0)
  stream.addEventListener('message', (event) => {
    back = concat([back, event.data.subarray()])
  })
  stream.send(sent)
  await until(() => back.byteLength === sent.byteLength, 'all came back')
  expect(equals(back, sent)).toBe(true)
  expect(relay.network.condition().relaying).toMatchObject({ mode: 'signals', places: 1, circuits: 1 })
  await connection.close()
  await until(() => relay.network.condition().relaying.circuits === 0, 'the circuit ended')
  const { carried } = relay.network.condition().relaying
  expect(carried).toBeGreaterThan(2 * sent.byteLength)
})

test('a place is told with seconds, addresses and a voucher that the relay signed', async () => {
  const { relay, address } = await startRelay('data')
  const client = await stockClient()
  const answer = await askHop(await connectionTo(client, address), varintField(1, 0))
  expect(answer.status).toBe(100)
  expect(answer.limit).toEqual({ seconds: 3600, data: RELAY.data.data })
  const fields = readFields(answer.reservation ?? new Uint8Array()) ?? []
  const expire = lastVarint(fields, 1) ?? 0
  const ahead = expire - Date.now() / 1000
  expect(ahead).toBeGreaterThan(RELAY.strangerTtl / 1000 - 60)
  expect(ahead).toBeLessThanOrEqual(RELAY.strangerTtl / 1000)
  expect(multiaddr(lastBytes(fields, 2) ?? new Uint8Array()).toString()).toBe(address)
  const voucher = lastBytes(fields, 3) ?? new Uint8Array()
  const envelope = await RecordEnvelope.openAndCertify(voucher, 'libp2p-relay-rsvp')
  const said = readFields(envelope.payload) ?? []
  expect(equals(lastBytes(said, 2) ?? new Uint8Array(), client.peerId.toMultihash().bytes)).toBe(true)
  expect(lastVarint(said, 3)).toBe(expire)
  expect(relay.network.relaying.status()).toMatchObject({ places: 1, memberPlaces: 0, maxPlaces: 128 })
})

test('a peer that leaves loses its place', async () => {
  const { relay, address } = await startRelay()
  const listener = await stockListener(address)
  const target = listener.peerId
  await listener.stop()
  await until(() => relay.network.condition().relaying.places === 0, 'the place is free')
  const dialler = await stockClient()
  const connect = concat([varintField(1, 1), bytesField(2, bytesField(1, target.toMultihash().bytes))])
  const { status } = await askHop(await connectionTo(dialler, address), connect)
  expect(status).toBe(204)
  expect(relay.network.relaying.status().refused).toEqual({ 'no-reservation': 1 })
})

import type { Connection } from '@libp2p/interface'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { concat } from 'uint8arrays/concat'
import { bytesField, varintField } from '../../src/dht/protobuf.ts'
import { RELAY } from '../../src/limits/index.ts'
import { HopServer } from '../../src/relay/hop-server.ts'
import { HOP_PROTOCOL } from '../../src/circuit/circuit-protocol.ts'
import { decodeHopRequest, decodeStopStatus } from '../../src/relay/relay-message.ts'
import { RelayPace } from '../../src/relay/relay-pace.ts'
import { RelayRules } from '../../src/relay/relay-rules.ts'
import { RELAY_DEFAULTS } from '../../src/relay/relay-store.ts'
import { startNode, stopAll, stopNode, systemClock, recordingLog, until } from '../support/nodes.ts'
import { rawPeer, stopRawPeers } from '../support/raw-peer.ts'
import { JumpingClock } from './jumping-clock.ts'
import { circuit, connectTo, RESERVE, target } from './raw-circuit.ts'
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
  await stopRawPeers()
  await stopAll()
})

async function startRelay(options: Parameters<typeof startNode>[0] = {}) {
  const node = await startNode({ relay: { choice: 'signals' }, ...options })
  const address = node.network.addresses()[0] ?? ''
  const dialler = await rawPeer()
  const connection = await connectionTo(dialler, address)
  return { node, address, relaying: node.network.relaying, dialler, connection }
}

/** The status that a message gets; undefined when the stream is reset, or ends without a word. */
async function statusOf(connection: Connection, message: Uint8Array): Promise<number | undefined> {
  const { status } = await askHop(connection, message).catch(() => ({ status: undefined }))
  return status
}

test('nobody is connected to itself, to the relay, or to a peer without a place', async () => {
  const { connection, dialler, relaying, node } = await startRelay()
  await askHop(connection, RESERVE)
  const self = (await import('@libp2p/peer-id')).peerIdFromString(node.network.self)
  expect(await statusOf(connection, connectTo(dialler.peerId))).toBe(202)
  expect(await statusOf(connection, connectTo(self))).toBe(202)
  expect(await statusOf(connection, connectTo((await rawPeer()).peerId))).toBe(204)
  expect(relaying.status().refused).toEqual({ forbidden: 2, 'no-reservation': 1 })
})

test('no chains: over a relayed connection there is neither a place nor a circuit', async () => {
  const { address } = await startRelay()
  const second = await stockListener(address)
  const rules = new RelayRules({
    clock: systemClock,
    settings: { ...RELAY_DEFAULTS, choice: 'data' },
    reachable: () => true
  })
  const server = new HopServer({
    libp2p: second,
    privateKey: await generateKeyPair('Ed25519'),
    rules,
    pace: new RelayPace(systemClock, null),
    clock: systemClock,
    log: recordingLog(),
    takesPart: () => true,
    onCarried: () => undefined
  })
  // Worse than it is: a node of ours does not even take the protocol on a limited connection.
  await second.handle(HOP_PROTOCOL, server.accept, { runOnLimitedConnection: true })
  const dialler = await stockClient()
  const relayed = await dialler.dial(multiaddr(circuitAddress(second) ?? ''))
  for (const message of [RESERVE, connectTo(second.peerId), connectTo((await rawPeer()).peerId)]) {
    const stream = await relayed.newStream(HOP_PROTOCOL, { runOnLimitedConnection: true })
    const frames = lpStream(stream)
    await frames.write(message)
    expect([...(await frames.read()).subarray()]).toEqual([
      ...concat([varintField(1, 2), varintField(5, 202)])
    ])
  }
  expect(server.refused).toEqual({ forbidden: 3 })
  expect(rules.places.all).toBe(0)
})

test('any bytes: what they mean is decided without an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      decodeHopRequest(bytes)
      decodeStopStatus(bytes)
    }),
    { numRuns: 5000 }
  )
})

test.each<[string, Uint8Array, number | undefined]>([
  ['nothing', new Uint8Array(0), 400],
  ['noise', new Uint8Array(100).fill(0xff), 400],
  ['no type', varintField(5, 100), 400],
  ['an answer', varintField(1, 2), 401],
  ['an unknown type', varintField(1, 9), 401],
  ['nobody', varintField(1, 1), 400],
  ['a peer that is none', concat([varintField(1, 1), bytesField(2, bytesField(1, new Uint8Array(7)))]), 400],
  ['a peer of 4 KiB', concat([varintField(1, 1), bytesField(2, new Uint8Array(4000).fill(10))]), 400],
  ['too long', new Uint8Array(RELAY.maxMessage + 1), 400],
  ['far too long', new Uint8Array(200_000), 400]
])('a message of %s is answered, and the next one as ever', async (_, message, status) => {
  const { connection, relaying } = await startRelay()
  expect(await statusOf(connection, message)).toBe(status)
  expect(relaying.status().refused).toEqual({ malformed: 1 })
  expect(await statusOf(connection, RESERVE)).toBe(100)
})

test('a message that never ends is cut off; thousands of bytes behind one are not kept', async () => {
  const clock = new JumpingClock()
  const { connection, node } = await startRelay({ clock })
  const slow = await connection.newStream(HOP_PROTOCOL)
  slow.send(Uint8Array.of(0x80))
  const flood = await connection.newStream(HOP_PROTOCOL)
  flood.send(Uint8Array.of(50))
  flood.send(new Uint8Array(20))
  await new Promise((resolve) => setTimeout(resolve, 20))
  clock.jump(RELAY.messageTimeout)
  await until(() => slow.status === 'reset' && flood.status === 'reset', 'both are reset')
  expect(node.network.condition().relaying.circuits).toBe(0)
})

test('hundreds of wishes for a place give one, are answered alike, and soon refused', async () => {
  const { connection, relaying } = await startRelay()
  const seen = new Map<number | undefined, number>()
  const places = new Set<string>()
  for (let i = 0; i < 300; i++) {
    const { status, reservation, stream } = await askHop(connection, RESERVE)
    await stream.close()
    seen.set(status, (seen.get(status) ?? 0) + 1)
    if (reservation !== undefined) places.add(Buffer.from(reservation).toString('hex'))
  }
  expect([...seen.keys()].toSorted((a = 0, b = 0) => a - b)).toEqual([100, 201])
  expect(seen.get(100)).toBeLessThanOrEqual(RELAY.requestsPerMinute + 5)
  expect([places.size, relaying.status().places]).toEqual([1, 1])
  // And who does not take the hint is sent away.
  const more = async (): Promise<void> => {
    for (let i = 0; i < 300; i++) await (await askHop(connection, RESERVE)).stream.close()
  }
  await expect(more()).rejects.toThrow()
  await until(() => connection.status !== 'open', 'the connection is gone')
})

test('strangers take half of the places; a member of our shares still gets one', async () => {
  const { node, address } = await startRelay({ relay: { choice: 'signals', places: 4 } })
  const statuses: (number | undefined)[] = []
  for (let i = 0; i < 4; i++)
    statuses.push(await statusOf(await connectionTo(await rawPeer(), address), RESERVE))
  expect(statuses).toEqual([100, 100, 200, 200])
  const member = await rawPeer()
  node.network.relaying.preferMembers((peer) => peer === member.peerId.toString())
  expect(await statusOf(await connectionTo(member, address), RESERVE)).toBe(100)
  expect(node.network.relaying.status()).toMatchObject({ places: 3, memberPlaces: 1, maxPlaces: 4 })
})

test('circuits beyond what a peer may have are refused; those that are there go on', async () => {
  const { connection, address, relaying } = await startRelay()
  const goals = []
  for (let i = 0; i < 4; i++) goals.push(await target(address))
  const open = []
  for (const goal of goals)
    for (let i = 0; i < RELAY.circuitsPerPair; i++) open.push(await circuit(connection, goal))
  const [first] = goals
  if (first === undefined) throw new Error('a goal')
  expect(await statusOf(connection, connectTo(first.node.peerId))).toBe(201)
  expect(await statusOf(connection, connectTo((await target(address)).node.peerId))).toBe(201)
  // Somebody else is not held up by it.
  await circuit(await connectionTo(await rawPeer(), address), first)
  expect(open.every(({ near }) => near.status === 'open')).toBe(true)
  expect(relaying.status()).toMatchObject({ circuits: 9, relayed: 9, refused: { circuits: 2 } })
  await connection.close()
  await until(() => relaying.status().circuits === 1, 'its own ended with the connection')
})

test('requests that are begun and not ended are so many of one connection; others are answered', async () => {
  const { connection, address, relaying } = await startRelay()
  const begun = []
  for (let i = 0; i < RELAY.openRequestsPerConnection; i++) {
    const stream = await connection.newStream(HOP_PROTOCOL)
    stream.send(Uint8Array.of(20))
    begun.push(stream)
  }
  expect(await statusOf(connection, RESERVE)).toBe(undefined)
  expect(begun.every(({ status }) => status === 'open')).toBe(true)
  expect(relaying.status().refused).toEqual({ 'too-often': 1 })
  expect(await statusOf(await connectionTo(await rawPeer(), address), RESERVE)).toBe(100)
})

test.each([
  ['says no', 203],
  ['says nothing', null]
] as const)('a target that %s costs a refusal, and no circuit', async (_, answer) => {
  const clock = new JumpingClock()
  const { connection, address, relaying } = await startRelay({ clock })
  const goal = await target(address, answer)
  const asked = statusOf(connection, connectTo(goal.node.peerId))
  await until(() => goal.told.length === 1, 'the target was asked')
  if (answer === null) clock.jump(RELAY.messageTimeout)
  expect(await asked).toBe(203)
  expect(relaying.status()).toMatchObject({ circuits: 0, refused: { target: 1 } })
})

test('a dialler that leaves while the target is asked leaves nothing behind', async () => {
  const { connection, address, relaying } = await startRelay()
  const goal = await target(address, null)
  const asked = statusOf(connection, connectTo(goal.node.peerId))
  await until(() => goal.told.length === 1, 'the target was asked')
  await connection.close()
  await asked
  await goal.node.stop()
  await until(() => relaying.status().circuits === 0, 'nothing is left')
})

test('a relay that stops while circuits run stops in time', async () => {
  const { node, connection, address } = await startRelay()
  const goal = await target(address)
  const { near } = await circuit(connection, goal)
  await stopNode(node)
  await until(() => near.status !== 'open', 'the circuit is gone')
})

test('relaying by itself: not while nobody is known to reach the node', async () => {
  const { connection, node } = await startRelay({ relay: {} })
  await expect(askHop(connection, RESERVE)).rejects.toThrow()
  expect(node.network.condition().relaying).toMatchObject({ mode: 'off', maxPlaces: 0 })
  const reachable = await startNode({ publicAddresses: ['/ip4/8.8.8.8/tcp/4001'] })
  expect(reachable.network.condition().relaying).toMatchObject({ mode: 'signals', maxPlaces: 32 })
})

import { KiB, MINUTE, SECOND } from '@p2pshare/base'
import { afterEach, expect, test } from 'vitest'
import { RELAY } from '../../src/limits/index.ts'
import { memoryValues } from '../support/memory-values.ts'
import { startNode, stopAll, stopNode, until } from '../support/nodes.ts'
import { rawPeer, stopRawPeers } from '../support/raw-peer.ts'
import { JumpingClock } from './jumping-clock.ts'
import { circuit, counted, target } from './raw-circuit.ts'
import { connectionTo } from './relay-client.ts'

afterEach(async () => {
  await stopRawPeers()
  await stopAll()
})

async function relayWith(relay: Parameters<typeof startNode>[0] = { relay: { choice: 'signals' } }) {
  const clock = new JumpingClock()
  const node = await startNode({ clock, ...relay })
  const address = node.network.addresses()[0] ?? ''
  const { relaying } = node.network
  const goal = await target(address)
  const dialler = await rawPeer()
  const connection = await connectionTo(dialler, address)
  return { node, clock, address, relaying, goal, dialler, connection }
}

test('both ends are told the same limits, in seconds, and who is at the other end', async () => {
  const { connection, goal, dialler } = await relayWith()
  await circuit(connection, goal)
  const [told] = goal.told
  expect(told).toMatchObject({ seconds: 120, data: 128 * KiB })
  expect(Buffer.from(told?.peer ?? []).equals(dialler.peerId.toMultihash().bytes)).toBe(true)
})

test('so many bytes in each direction, and one more ends it', async () => {
  const { connection, goal, relaying } = await relayWith()
  const { near, far } = await circuit(connection, goal)
  const [there, back] = [counted(far), counted(near)]
  near.send(new Uint8Array(RELAY.signals.data))
  far.send(new Uint8Array(RELAY.signals.data))
  await until(
    () => there.bytes === RELAY.signals.data && back.bytes === RELAY.signals.data,
    'all of both ways'
  )
  expect([near.status, relaying.status().carried]).toEqual(['open', 2 * RELAY.signals.data])
  far.send(new Uint8Array(1))
  await until(() => near.status === 'reset' && far.status === 'reset', 'both ends are reset')
  expect([back.bytes, relaying.status().ended]).toEqual([RELAY.signals.data, { 'data-limit': 1 }])
})

test('two minutes, whatever is said', async () => {
  const { connection, goal, relaying, clock } = await relayWith()
  const { near, far } = await circuit(connection, goal)
  const there = counted(far)
  for (let second = 0; second < 110; second += 55) {
    clock.jump(55 * SECOND)
    near.send(new Uint8Array(10))
    await until(() => there.bytes === 10 * (second / 55 + 1), 'it still carries')
  }
  clock.jump(10 * SECOND)
  await until(() => near.status === 'reset' && far.status === 'reset', 'both ends are reset')
  expect(relaying.status()).toMatchObject({ circuits: 0, ended: { 'time-limit': 1 } })
})

test('silence of 90 s ends it', async () => {
  const { connection, goal, relaying, clock } = await relayWith()
  const { near } = await circuit(connection, goal)
  clock.jump(RELAY.idle)
  await until(() => near.status === 'reset', 'it is reset')
  expect(relaying.status().ended).toEqual({ idle: 1 })
})

test('who does not read stops the sender after a few windows, and is ended within a minute', async () => {
  const { connection, goal, relaying, clock } = await relayWith({ relay: { choice: 'data' } })
  const { near, far } = await circuit(connection, goal)
  far.pause()
  const slice = new Uint8Array(64 * KiB)
  let sent = 0
  while (near.writeBufferLength < 8 * slice.byteLength && sent < 64 * RELAY.window) {
    near.send(slice)
    sent += slice.byteLength
    await new Promise((resolve) => setImmediate(resolve))
  }
  // What has left the sender is with the relay, a window of it, or in the target's own window.
  const { carried } = relaying.status()
  expect(sent - near.writeBufferLength - carried).toBeLessThanOrEqual(RELAY.window + RELAY.slice)
  expect(carried).toBeLessThanOrEqual(8 * RELAY.window)
  clock.jump(RELAY.stuck)
  clock.jump(RELAY.stuck)
  await until(() => near.status === 'reset', 'it is reset')
  expect(relaying.status()).toMatchObject({ circuits: 0, ended: { stuck: 1 } })
})

test('a slow reader gets everything in the end, at its own pace', async () => {
  const { connection, goal, relaying } = await relayWith({ relay: { choice: 'data' } })
  const { near, far } = await circuit(connection, goal)
  const there = counted(far)
  const total = 24 * RELAY.window
  near.send(new Uint8Array(total))
  let pauses = 0
  while (there.bytes < total) {
    far.pause()
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
    far.resume()
    await new Promise((resolve) => setImmediate(resolve))
    if (pauses++ > 20_000) throw new Error(`it stopped at ${there.bytes} of ${total}`)
  }
  await near.close()
  await far.close()
  await until(() => relaying.status().circuits === 0, 'it ended in order')
  expect(relaying.status().ended).toEqual({ finished: 1 })
})

test('an end that is closed is closed at the other, which may go on', async () => {
  const { connection, goal, relaying } = await relayWith()
  const { near, far } = await circuit(connection, goal)
  const back = counted(near)
  near.send(new Uint8Array(5))
  await near.close()
  await until(() => far.remoteWriteStatus === 'closed', 'the target knows')
  far.send(new Uint8Array(7))
  await until(() => back.bytes === 7, 'it answered')
  await far.close()
  await until(() => relaying.status().ended.finished === 1, 'it is finished')
})

test('an end that is reset resets the other', async () => {
  const { connection, goal, relaying } = await relayWith()
  const { near, far } = await circuit(connection, goal)
  near.abort(new Error('gone'))
  await until(() => far.status === 'reset', 'the other is reset')
  expect(relaying.status()).toMatchObject({ circuits: 0, ended: { failed: 1 } })
})

test('a rate holds for data, both directions and all connections together', async () => {
  const rate = 64 * KiB
  const { connection, goal, relaying, clock, address } = await relayWith({ relay: { choice: 'data', rate } })
  const one = await circuit(connection, goal)
  const two = await circuit(await connectionTo(await rawPeer(), address), goal)
  const total = 150 * KiB
  const began = clock.now()
  const seen = [counted(one.far), counted(one.near), counted(two.far)]
  for (const end of [one.near, one.far, two.near]) end.send(new Uint8Array(total))
  await until(() => {
    clock.jump(SECOND / 10)
    return seen.every(({ bytes }) => bytes === total)
  }, 'everything has come')
  const seconds = (clock.now() - began) / SECOND
  // A little may go at once.
  expect(seconds).toBeGreaterThan((3 * total - RELAY.slice) / rate - 0.2)
  expect(relaying.status()).toMatchObject({ carried: 3 * total, circuits: 2 })
})

test('data as far as the budget goes, a quarter of it for one peer; then signals, over a restart too', async () => {
  const values = memoryValues()
  const budget = { bytes: 1024 * KiB, period: 'day' } as const
  const { node, connection, goal, relaying } = await relayWith({
    relay: { choice: 'data', budget },
    values
  })
  const { near, far } = await circuit(connection, goal)
  expect(goal.told[0]).toMatchObject({ seconds: 3600, data: RELAY.data.data })
  const there = counted(far)
  near.send(new Uint8Array(1024 * KiB))
  await until(() => near.status === 'reset', 'it is ended')
  expect(relaying.status().ended).toEqual({ budget: 1 })
  expect(there.bytes).toBeLessThanOrEqual(256 * KiB + RELAY.slice)
  await circuit(connection, goal)
  expect(goal.told[1]).toMatchObject({ seconds: 120, data: RELAY.signals.data })
  const { spent, mode } = relaying.status()
  expect([spent >= 256 * KiB, mode]).toEqual([true, 'data'])
  await stopNode(node)
  const again = await startNode({ relay: { choice: 'data', budget }, values })
  expect(again.network.relaying.status().spent).toBe(spent)
  again.network.relaying.change({ budget: { bytes: spent, period: 'day' } })
  const after = again.network.relaying.status()
  expect([after.mode, after.left]).toEqual(['signals', 0])
  expect(after.text).toMatch(/^The budget of .* is used up; only signals are relayed until /)
})

test('switched off, it ends what runs and keeps no place', async () => {
  const { node, connection, goal, relaying, clock } = await relayWith()
  const { near } = await circuit(connection, goal)
  relaying.change({ choice: 'off' })
  await until(() => near.status === 'reset', 'it is reset')
  expect(node.network.condition().relaying).toMatchObject({ mode: 'off', places: 0, circuits: 0 })
  clock.jump(MINUTE)
  await expect(circuit(connection, goal)).rejects.toThrow()
  relaying.change({ choice: 'signals' })
  expect(relaying.status()).toMatchObject({ mode: 'signals', places: 0, ended: { stopped: 1 } })
})

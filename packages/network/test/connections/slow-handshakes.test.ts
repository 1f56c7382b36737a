import { connect, type Socket } from 'node:net'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { afterEach, expect, test } from 'vitest'
import type { Network } from '../../src/index.ts'
import { leanNoise } from '../../src/records/lean-noise.ts'
import { startNode, stopAll, stopNode, until } from '../support/nodes.ts'
import { lurkers } from '../../../../test/harness/lurkers.ts'

afterEach(stopAll)

const LOOPBACK = { host: '127.0.0.1', prefix: '127.9' }
const COUNTED = { connectionLimits: { countsLoopback: true } }

function portOf(node: Network): number {
  return Number(multiaddr(node.network.addresses()[0] ?? '').getComponents()[1]?.value)
}

/** One dial of a fresh peer from 127.0.0.1; whether it got in. */
async function dials(target: Network): Promise<boolean> {
  const node = await startNode({ listen: [] })
  const reached = await node.network
    .connect(target.network.addresses()[0] ?? '', AbortSignal.timeout(5000))
    .then(
      () => true,
      () => false
    )
  await stopNode(node)
  return reached
}

test('idle, dripping and half-open handshakes from 300 addresses keep no honest peer out', async () => {
  const victim = await startNode(COUNTED)
  await using crowd = lurkers({ ...LOOPBACK, port: portOf(victim), count: 300 })
  await until(() => victim.network.condition().connections.pending > 200, 'the crowd is in')
  expect(crowd.open + crowd.closed).toBe(300)
  for (let i = 0; i < 8; i++) expect(await dials(victim)).toBe(true)
})

test('a drip does not lengthen the time for a handshake, before noise or within it', async () => {
  const victim = await startNode(COUNTED)
  const began = performance.now()
  await using crowd = lurkers({ ...LOOPBACK, port: portOf(victim), count: 9, dripMs: 100 })
  await until(() => crowd.closed === 9, 'all are sent away')
  // 3 s, however busy this machine is: without the limit the drip would go on for minutes.
  expect(performance.now() - began).toBeLessThan(9000)
  expect(victim.network.condition().connections.pending).toBe(0)
})

test('who proves its key and then chooses no muxer is sent away, too', async () => {
  const victim = await startNode(COUNTED)
  const proven = Promise.withResolvers<void>()
  const noise = leanNoise()
  const mute = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [
      (components) => {
        const inner = noise(components)
        const secure = inner.secureOutbound.bind(inner)
        const secureOutbound: typeof inner.secureOutbound = async (stream, options) => {
          await secure(stream, { ...options, skipStreamMuxerNegotiation: true })
          proven.resolve()
          return new Promise(() => undefined)
        }
        return Object.assign(inner, { secureOutbound })
      }
    ],
    connectionMonitor: { enabled: false }
  })
  const giveUp = new AbortController()
  try {
    const dial = mute.dial(multiaddr(victim.network.addresses()[0] ?? ''), { signal: giveUp.signal })
    dial.catch(() => undefined)
    await proven.promise
    expect(victim.network.condition().connections).toMatchObject({ pending: 1, total: 0 })
    await until(() => victim.network.condition().connections.pending === 0, 'it is sent away')
    expect(victim.network.condition().connections.total).toBe(0)
  } finally {
    giveUp.abort()
    await mute.stop()
  }
})

test('one address holds no more than 8 handshakes', async () => {
  const victim = await startNode(COUNTED)
  const sockets: Socket[] = []
  let refused = 0
  try {
    for (let i = 0; i < 12; i++) {
      const socket = connect({ port: portOf(victim), host: '127.0.0.1', localAddress: '127.9.9.9' })
      socket.on('error', () => undefined).on('close', () => refused++)
      sockets.push(socket)
    }
    await until(() => refused === 4, 'four are refused at once')
    expect(victim.network.condition().connections.pending).toBe(8)
    expect(await dials(victim)).toBe(true)
  } finally {
    for (const socket of sockets) socket.destroy()
  }
})

test('a machine without any of the addresses says so; with one of them it listens there', async () => {
  await expect(startNode({ listen: ['/ip4/192.0.2.77/tcp/0'] })).rejects.toMatchObject({
    code: 'network.cannot-listen'
  })
  const node = await startNode({ listen: ['/ip4/192.0.2.77/tcp/0', '/ip4/127.0.0.1/tcp/0'] })
  expect(node.network.addresses()).toHaveLength(1)
  expect(node.network.condition().troubles).toEqual([expect.stringContaining('192.0.2.77')])
})

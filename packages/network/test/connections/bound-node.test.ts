import { createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { LocalAddresses } from '../../src/connections/local-addresses.ts'
import { makeNode, recordingLog, startNode, stopAll, until } from '../support/nodes.ts'

afterEach(stopAll)

const ANYWHERE = ['/ip4/0.0.0.0/tcp/0']
const signal = (): AbortSignal => AbortSignal.timeout(10_000)

test('a bound node listens on its address only, and dials from it', async () => {
  const node = await startNode({ bind: '127.0.0.2', listen: ANYWHERE })
  expect(node.network.addresses()).toEqual([expect.stringMatching(/^\/ip4\/127\.0\.0\.2\/tcp\/\d+\/p2p/)])
  const other = await startNode()
  await node.network.connect(other.network.addresses()[0] ?? '', signal())
  await until(() => other.network.peers().length === 1, 'it has come')
  expect(other.network.peers()[0]?.address).toMatch(/^\/ip4\/127\.0\.0\.2\/tcp\//)
  expect(node.network.condition().troubles).toEqual([])
})

test('without its interface a node does not start', async () => {
  await expect(makeNode({ bind: 'none-such0', listen: ANYWHERE })).rejects.toMatchObject({
    code: 'network.bind-missing',
    fault: 'daemon'
  })
  await expect(makeNode({ bind: '127.0.0.2', listen: ['/ip4/127.0.0.1/tcp/0'] })).rejects.toMatchObject({
    code: 'network.bind-conflict'
  })
})

test('when the interface goes, connections end and none is made; it comes back by itself, on the same port', async () => {
  let local: LocalAddresses = new Map([['vpn0', ['127.0.0.2']]])
  const callers: (string | undefined)[] = []
  const server = createServer((socket: Socket) => {
    callers.push(socket.remoteAddress)
    socket.destroy()
  }).listen(0, '127.0.0.1')
  const node = await startNode({
    bind: 'vpn0',
    listen: ANYWHERE,
    localAddresses: () => local,
    connectionLimits: { look: 20 as never }
  })
  const [address = ''] = node.network.addresses()
  const other = await startNode()
  await other.network.connect(address, signal())
  local = new Map()
  try {
    await until(() => node.network.peers().length === 0, 'its connections are gone')
    await until(() => node.network.addresses().length === 0, 'it listens no more')
    expect(node.network.condition().troubles).toEqual([expect.stringContaining('vpn0')])
    const { port } = server.address() as { port: number }
    const stranger = `/ip4/127.0.0.1/tcp/${port}/p2p/${other.network.self}`
    await expect(node.network.connect(stranger, signal())).rejects.toMatchObject({
      code: 'network.dial-denied'
    })
    expect(callers).toEqual([])
    local = new Map([['vpn0', ['127.0.0.2']]])
    await until(() => node.network.addresses()[0] === address, 'it listens again')
    await until(() => other.network.peers().length === 0, 'the other side knows that it was gone')
    await other.network.connect(address, signal())
    expect(node.network.condition().troubles).toEqual([])
  } finally {
    server.close()
  }
})

test('a port that another program has when the interface returns is tried again, and said once', async () => {
  let local: LocalAddresses = new Map([['vpn0', ['127.0.0.2']]])
  const log = recordingLog()
  const node = await startNode({
    bind: 'vpn0',
    listen: ANYWHERE,
    log,
    localAddresses: () => local,
    connectionLimits: { look: 20 as never }
  })
  const port = Number(node.network.addresses()[0]?.split('/')[4])
  local = new Map()
  await until(() => node.network.addresses().length === 0, 'it listens no more')
  const server = createServer().listen(port, '127.0.0.2')
  try {
    local = new Map([['vpn0', ['127.0.0.2']]])
    await until(() => log.lines.some((line) => line.includes('cannot listen')), 'it says so')
    expect(node.network.addresses()).toEqual([])
    expect(log.lines.filter((line) => line.includes('cannot listen'))).toHaveLength(1)
  } finally {
    server.close()
  }
})

import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { NameService } from '../../src/dialing/name-service.ts'
import { makeNode, startNode, stopAll } from '../support/nodes.ts'

const silentServers: Server[] = []
const held = new Set<Socket>()

afterEach(async () => {
  await stopAll()
  for (const socket of held) socket.destroy()
  for (const server of silentServers.splice(0)) server.close()
})

/** A port that accepts connections and never says a word, as behind a broken middlebox. */
async function silentPort(): Promise<number> {
  const server = createServer((socket) => {
    held.add(socket)
    socket.on('error', () => undefined)
  }).listen(0, '127.0.0.1')
  silentServers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

const signal = (): AbortSignal => AbortSignal.timeout(20_000)

describe('the addresses of a peer', () => {
  test('are dialled side by side: dead ones cost their head start, not their time-outs', async () => {
    const [good, node] = [await startNode(), await startNode()]
    const dead = [await silentPort(), await silentPort()].map((port) => `/ip4/127.0.0.1/tcp/${port}`)
    const peer = good.network.self
    const began = performance.now()
    const link = await node.network.link(
      { peer, addresses: [...dead, ...good.network.addresses()] },
      signal()
    )
    const took = performance.now() - began
    expect(link.peer).toBe(peer)
    // One after the other, the two dead ones would take 6 s.
    expect(took).toBeGreaterThan(490)
    expect(took).toBeLessThan(4000)
    expect(node.network.peers()).toHaveLength(1)
  })

  test('that refuse make way at once, and all failing says how', async () => {
    const node = await startNode()
    const gone = await makeNode()
    const peer = gone.network.self
    const addresses = ['/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/2']
    await expect(node.network.link({ peer, addresses }, signal())).rejects.toMatchObject({
      code: 'network.dial-failed',
      message: expect.stringContaining('of 2 addresses 2 refused'),
      detail: { failure: 'refused' }
    })
  })

  test('that another caller brings meanwhile are tried beside those that run', async () => {
    const [good, node] = [await startNode(), await startNode()]
    const dead = `/ip4/127.0.0.1/tcp/${await silentPort()}/p2p/${good.network.self}`
    const first = node.network.connect(dead, signal())
    const second = node.network.connect(good.network.addresses()[0] ?? '', signal())
    expect(await Promise.all([first, second])).toEqual([good.network.self, good.network.self])
  })

  test('with a name that DNS never answers for hold up nobody, and the message says DNS', async () => {
    const never = new Promise<never>(() => undefined)
    const asked: string[] = []
    const names: NameService = {
      addresses: (host) => (asked.push(host), never),
      texts: (name) => (asked.push(name), never)
    }
    const network = { kind: 'private', key: new Uint8Array(32).fill(7), name: 'test' } as const
    const [good, gone, other] = [await startNode({ network }), await makeNode({ network }), await makeNode()]
    const bootstrap = [`/dnsaddr/silent.example/p2p/${gone.network.self}`]
    const node = await startNode({ network, names, bootstrap })
    const peer = good.network.self
    const began = performance.now()
    await node.network.link(
      { peer, addresses: ['/dns4/silent.example/tcp/4001', ...good.network.addresses()] },
      signal()
    )
    expect(performance.now() - began).toBeLessThan(2500)
    await expect(
      node.network.link({ peer: other.network.self, addresses: ['/dns4/silent.example/tcp/4001'] }, signal())
    ).rejects.toMatchObject({
      message: expect.stringContaining('DNS did not answer for silent.example'),
      detail: { failure: 'no-name' }
    })
    expect(asked).toContain('_dnsaddr.silent.example')
  })

  test('outside a local network are not even looked up', async () => {
    const asked: string[] = []
    const names: NameService = {
      addresses: async (host) => (asked.push(host), ['127.0.0.1']),
      texts: async (name) => (asked.push(name), [])
    }
    const node = await startNode({ names })
    const gone = await makeNode()
    const target = { peer: gone.network.self, addresses: ['/dns4/rebound.example/tcp/4001'] }
    await expect(node.network.link(target, signal())).rejects.toMatchObject({ code: 'network.banned' })
    expect(asked).toEqual([])
  })

  test('by a name that leads to this machine itself are refused', async () => {
    const network = { kind: 'private', key: new Uint8Array(32).fill(7), name: 'test' } as const
    const good = await startNode({ network })
    const port = /tcp\/(\d+)/.exec(good.network.addresses()[0] ?? '')?.[1]
    const names: NameService = { addresses: async () => ['127.0.0.1'], texts: async () => [] }
    const node = await startNode({ network, names })
    const target = { peer: good.network.self, addresses: [`/dns4/rebound.example/tcp/${port}`] }
    await expect(node.network.link(target, signal())).rejects.toMatchObject({ code: 'network.banned' })
  })
})

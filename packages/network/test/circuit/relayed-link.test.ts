import { circuitRelayServer } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { type Clock, KiB } from '@p2pshare/base'
import type { LinkEnd, LinkHandler, PeerLink } from '@p2pshare/ports'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { afterEach, describe, expect, test } from 'vitest'
import { CircuitTransport } from '../../src/circuit/circuit-transport.ts'
import { reserve } from '../../src/circuit/reservation.ts'
import { createSwarmLinks } from '../../src/link/swarm-links.ts'
import type { SwarmLinks, SwarmLinksInit } from '../../src/link/swarm-host.ts'
import { guardedYamux } from '../../src/muxer/guarded-yamux.ts'
import { leanNoise } from '../../src/records/lean-noise.ts'
import { forever, machineClock, silentLog } from '../link/swarm-node.ts'

const stops: (() => Promise<void>)[] = []
/** Those of the present test. */
const clients: Client[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop()
  clients.length = 0
})

function node(options: Libp2pOptions): Promise<Libp2p> {
  return createLibp2p({
    connectionEncrypters: [leanNoise()],
    streamMuxers: [guardedYamux()],
    connectionManager: { inboundConnectionThreshold: 1000 },
    connectionMonitor: { enabled: false },
    ...options
  })
}

/** A stock relay on loopback. @returns its multiaddr */
async function relay(limits: { data?: number; duration?: number } | 'none'): Promise<Multiaddr> {
  const { data = 128 * KiB, duration = 120_000 } = limits === 'none' ? {} : limits
  const made = await node({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    services: {
      identify: identify(),
      relay: circuitRelayServer({
        reservations: {
          applyDefaultLimit: limits !== 'none',
          defaultDataLimit: BigInt(data),
          defaultDurationLimit: duration
        }
      })
    }
  })
  stops.push(async () => made.stop())
  return made.getMultiaddrs()[0] as Multiaddr
}

/** A node that is reached over relays only, with swarm links. */
interface Client {
  node: Libp2p
  circuit: CircuitTransport
  links: SwarmLinks
  taken: PeerLink[]
}

async function client(init: Partial<SwarmLinksInit> = {}): Promise<Client> {
  let circuit: CircuitTransport | undefined
  const made = await node({
    addresses: { listen: ['/p2p-circuit', '/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp(), (components) => (circuit = new CircuitTransport(components as never, machineClock))]
  })
  const links = createSwarmLinks({
    libp2p: made,
    agent: 'test/1',
    log: silentLog,
    clock: machineClock,
    ...init
  })
  const taken: PeerLink[] = []
  links.onLink((link) => taken.push(link))
  await links.start()
  stops.push(async () => {
    await links.stop()
    await made.stop()
  })
  const all = { node: made, circuit: circuit as CircuitTransport, links, taken }
  clients.push(all)
  return all
}

/** Where a client listens by itself. */
function straightTo({ node: own }: Client): Multiaddr {
  return own.getMultiaddrs().find((address) => !address.toString().includes('/p2p-circuit')) as Multiaddr
}

/** Has a place at the relay from now on. @returns where others reach it */
async function placeAt(way: Multiaddr, { node: own, circuit }: Client): Promise<string> {
  const connection = await own.dial(way)
  // The relay keeps the place; only its address, being of this machine, is not one to tell.
  await expect(reserve(connection, machineClock, forever())).rejects.toMatchObject({
    code: 'network.bad-relay'
  })
  circuit.listener.add(connection.remotePeer.toString(), [way.encapsulate('/p2p-circuit')])
  return `${way.toString()}/p2p-circuit/p2p/${own.peerId.toString()}`
}

function handler(onClose: (end: LinkEnd) => void = () => {}): LinkHandler {
  return {
    onMessage() {},
    targetFor: ({ length }) => new Uint8Array(length),
    onData() {},
    onClose
  }
}

/** Nothing direct comes about. */
const noWay = { direct: async (): Promise<{ text: string }> => ({ text: 'symmetric routers' }) }

async function linked(limits: Parameters<typeof relay>[0], init: Partial<SwarmLinksInit> = noWay) {
  const way = await relay(limits)
  const [near, far] = [await client(init), await client()]
  const address = await placeAt(way, far)
  const link = await near.links.link({ peer: far.node.peerId.toString(), addresses: [address] }, forever())
  await expect.poll(() => far.taken.length).toBe(1)
  return { near, far, link, there: far.taken[0] as PeerLink }
}

describe('a link over a relay', () => {
  test('knows what the relay lets through, and ends before that with a reason', async () => {
    const { link, there } = await linked({ data: 128 * KiB })
    expect(link).toMatchObject({ relayed: true, lan: false })
    expect(there.relayed).toBe(true)
    const before = link.carries as number
    expect(before).toBeGreaterThan(64 * KiB)
    expect(before).toBeLessThan(96 * KiB)
    const { promise: ended, resolve } = Promise.withResolvers<LinkEnd>()
    link.start(handler(resolve))
    there.start(handler())
    await there.sendData(1, new Uint8Array(20 * KiB))
    await expect.poll(() => link.carries).toBeLessThan(before - 20 * KiB)
    await expect(there.sendData(2, new Uint8Array(100 * KiB))).rejects.toMatchObject({
      code: 'network.link-closed'
    })
    const end = await ended
    expect(end).toMatchObject({ code: 'done', remote: true })
    expect(end.text).toContain('over a relay that carries little data')
  })

  test('ends in time before the relay does', async () => {
    const late: { delay: number; run: () => void }[] = []
    const clock: Clock = {
      ...machineClock,
      after(delay, run) {
        if (delay < 100_000 || delay >= 120_000) return machineClock.after(delay, run)
        late.push({ delay, run })
        return () => {}
      }
    }
    const { link } = await linked({ duration: 120_000 }, { ...noWay, clock })
    const { promise: ended, resolve } = Promise.withResolvers<LinkEnd>()
    link.start(handler(resolve))
    expect(late).toHaveLength(1)
    late[0]?.run()
    expect(await ended).toMatchObject({
      code: 'done',
      remote: false,
      text: expect.stringContaining('over a relay')
    })
  })

  test('has no limit where the relay has none', async () => {
    const { link, there } = await linked('none')
    expect(link).toMatchObject({ relayed: true, carries: undefined })
    link.start(handler())
    there.start(handler())
    await there.sendData(1, new Uint8Array(1024 * KiB))
  })

  test('is not made where the relay carries signals only, and the error says so', async () => {
    await expect(linked({ data: 40 * KiB })).rejects.toMatchObject({
      code: 'network.relay-only',
      message: expect.stringContaining('symmetric routers')
    })
  })

  test('runs over the direct connection instead where there is one', async () => {
    const dialled = Promise.withResolvers<Connection>()
    const { near, far, link } = await linked(
      {},
      {
        direct: async ({ remotePeer }) => {
          const peer = clients.find((each) => each.node.peerId.equals(remotePeer)) as Client
          const connection = await (clients[0] as Client).node.dial(straightTo(peer), { force: true })
          dialled.resolve(connection)
          return { connection }
        }
      }
    )
    expect((await dialled.promise).limits).toBeUndefined()
    expect(link).toMatchObject({ relayed: false, carries: undefined, lan: true })
    expect([near, far]).toEqual(clients)
  })

  test('moves to a direct connection that comes later', async () => {
    const { near, far, link } = await linked('none')
    expect(link.relayed).toBe(true)
    await near.node.dial(straightTo(far))
    await expect.poll(() => near.links.find(far.node.peerId.toString())?.relayed).toBe(false)
    expect(far.taken).toHaveLength(2)
  })
})

describe('connections over relays', () => {
  test('come from relays at which we have a place, and no others', async () => {
    const way = await relay('none')
    const [near, far] = [await client(), await client()]
    const address = await placeAt(way, far)
    far.circuit.listener.remove(way.getComponents().at(-1)?.value ?? '')
    await expect(near.node.dial(multiaddr(address))).rejects.toThrow()
    expect(
      far.node.getConnections().every(({ remoteAddr }) => !remoteAddr.toString().includes('circuit'))
    ).toBe(true)
  })

  test('to peers without a place fail with the reason', async () => {
    const way = await relay('none')
    const [near, far] = [await client(), await client()]
    const address = multiaddr(`${way.toString()}/p2p-circuit/p2p/${far.node.peerId.toString()}`)
    await expect(near.node.dial(address)).rejects.toThrow('the peer has no place there any more')
  })
})

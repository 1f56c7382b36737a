import { once } from 'node:events'
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, Libp2p, PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createCertificate } from '../../src/tls/certificate.ts'
import { nativeTls } from '../../src/tls/native-tls.ts'
import { loopbackNode } from '../link/swarm-node.ts'
import { closed, dialForTls, looseTls, portOf, serveTls, tlsClient, tlsServer } from './raw-tls-peer.ts'

const key = await generateKeyPair('Ed25519')
const self = peerIdFromPrivateKey(key)
const good = await createCertificate(key)
const bare = await createCertificate(key, (content) => delete content.extensions)
const expired = await createCertificate(key, ({ validity }) => {
  delete validity.notAfter.generalTime
  validity.notAfter.utcTime = new Date(Date.UTC(2000, 0, 1))
})
const chained = { ...good, cert: good.cert + bare.cert }

let node: Libp2p
const servers: Server[] = []
beforeEach(async () => {
  node = await loopbackNode(undefined, [nativeTls()])
})
afterEach(async () => {
  await node.stop()
  for (const server of servers.splice(0)) server.close()
})

async function server(serve: (socket: Socket) => void): Promise<number> {
  const made = await tlsServer(serve)
  servers.push(made.server)
  return made.port
}

const target = (port: number, peer: PeerId = self): ReturnType<typeof multiaddr> =>
  multiaddr(`/ip4/127.0.0.1/tcp/${port}/p2p/${peer.toString()}`)

const BAD: [string, Parameters<typeof looseTls>[0]][] = [
  ['an expired certificate', expired],
  ['a certificate without a peer', bare],
  ['a certificate and one that issued it', chained],
  ['TLS 1.2', { ...good, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }]
]

describe('a peer that dials', () => {
  test('with a good certificate is let in', async () => {
    const opened = once(node, 'connection:open')
    // No muxer by the way: it stays open for one to be chosen.
    const secure = tlsClient(await dialForTls(portOf(node)), looseTls(good))
    await once(secure, 'secureConnect')
    expect([secure.alpnProtocol, secure.getCipher().name]).toEqual(['libp2p', 'TLS_AES_128_GCM_SHA256'])
    secure.write('\x13/multistream/1.0.0\n\x0d/yamux/1.0.0\n')
    const [{ detail }] = (await opened) as [CustomEvent<{ remotePeer: unknown }>]
    expect(String(detail.remotePeer)).toBe(self.toString())
    secure.destroy()
  })

  test.each([...BAD, ['no certificate', {}] as (typeof BAD)[0]])('with %s is cut off', async (_, own) => {
    await closed(tlsClient(await dialForTls(portOf(node)), looseTls(own)))
    expect(node.getConnections()).toEqual([])
  })

  test.each([
    ['in one piece with its choice', true],
    ['after the answer', false]
  ])('with garbage %s is cut off', async (_, early) => {
    const garbage = Buffer.alloc(300, 0x55)
    const socket = await dialForTls(portOf(node), early ? garbage : undefined)
    if (!early) socket.write(garbage)
    await closed(socket)
    expect(node.getConnections()).toEqual([])
  })

  test.each([
    ['says nothing more', Buffer.alloc(0)],
    ['begins a long record', Buffer.from('16030107ff0100', 'hex')]
  ])('and %s is cut off when its time is up', async (_, begun) => {
    const hasty = await loopbackNode(undefined, [nativeTls()], { inboundUpgradeTimeout: 150 })
    try {
      await closed(await dialForTls(portOf(hasty), begun))
      expect(hasty.getConnections()).toEqual([])
    } finally {
      await hasty.stop()
    }
  })

  test('and goes away again does no harm', async () => {
    const socket = await dialForTls(portOf(node))
    socket.resetAndDestroy()
    const secure = tlsClient(await dialForTls(portOf(node)), looseTls(good))
    await once(secure, 'secureConnect')
    secure.destroy()
  })
})

describe('a peer that is dialled', () => {
  test('with another id than the expected one is refused', async () => {
    const port = await server((socket) => serveTls(socket, looseTls(good)))
    const stranger = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
    await expect(node.dial(target(port, stranger))).rejects.toThrow(/answered instead of/)
  })

  test.each(BAD)('with %s is refused', async (_, own) => {
    const ended: Promise<void>[] = []
    const port = await server((socket) => {
      serveTls(socket, looseTls(own))
      ended.push(closed(socket))
    })
    await expect(node.dial(target(port))).rejects.toThrow(/certificate|handshake/)
    await Promise.all(ended)
    expect(ended).toHaveLength(1)
  })

  test('and answers garbage is refused', async () => {
    const port = await server((socket) => socket.write(Buffer.alloc(300, 0x55)))
    await expect(node.dial(target(port))).rejects.toThrow(/handshake/)
  })

  test('and says nothing is given up when the caller wants no more', async () => {
    const called = new AbortController()
    const ended: Promise<void>[] = []
    const port = await server((socket) => {
      ended.push(closed(socket))
      called.abort()
    })
    await expect(node.dial(target(port), { signal: called.signal })).rejects.toThrow()
    await Promise.all(ended)
  })
})

/** A relay on loopback that changes one byte of what the dialler sends, after so many. */
async function flippingRelay(port: number, at: number): Promise<number> {
  const relay = createServer((from) => {
    const to = connectTcp(port, '127.0.0.1')
    let passed = 0
    from.on('data', (data: Buffer) => {
      if (at >= passed && at < passed + data.length) data[at - passed] = (data[at - passed] ?? 0) ^ 1
      passed += data.length
      to.write(data)
    })
    to.pipe(from)
    for (const [one, other] of [
      [from, to],
      [to, from]
    ] as const) {
      one.on('error', () => {})
      one.on('close', () => other.destroy())
    }
  })
  servers.push(relay)
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve))
  return (relay.address() as { port: number }).port
}

test('a byte that was changed on its way ends the connection', async () => {
  const dialler = await loopbackNode(undefined, [nativeTls()])
  try {
    const port = await flippingRelay(portOf(node), 20_000)
    const inbound = once(node, 'connection:open')
    const connection = await dialler.dial(target(port, node.peerId))
    const [{ detail }] = (await inbound) as [CustomEvent<Connection>]
    const ended = Promise.all([once(connection, 'close'), once(detail, 'close')])
    await node.handle('/test/take/1.0.0', (stream) => stream.addEventListener('message', () => {}))
    const stream = await connection.newStream('/test/take/1.0.0')
    stream.send(Buffer.alloc(100_000))
    await ended
    expect(node.getConnections()).toEqual([])
  } finally {
    await dialler.stop()
  }
})

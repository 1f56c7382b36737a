import { randomBytes } from 'node:crypto'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { tls as stockTls } from '@libp2p/tls'
import { afterEach, describe, expect, test } from 'vitest'
import { leanNoise } from '../../src/records/lean-noise.ts'
import { nativeTls } from '../../src/tls/native-tls.ts'
import { loopbackNode } from '../link/swarm-node.ts'

const TLS = '/tls/1.0.0'
const ECHO = '/test/echo/1.0.0'
const MiB = 1024 * 1024
const KINDS = {
  native: [nativeTls()],
  stock: [stockTls()],
  noise: [leanNoise()],
  both: [nativeTls(), leanNoise()]
}

const nodes: Libp2p[] = []
afterEach(async () => {
  await Promise.all(nodes.splice(0).map(async (node) => node.stop()))
})

async function node(kind: keyof typeof KINDS): Promise<Libp2p> {
  const made = await loopbackNode(undefined, KINDS[kind])
  nodes.push(made)
  await made.handle(ECHO, (stream: Stream) => {
    stream.addEventListener('message', ({ data }) => void stream.send(data.slice()))
    stream.addEventListener('remoteCloseWrite', () => void stream.close())
  })
  return made
}

async function connected(
  from: keyof typeof KINDS,
  to: keyof typeof KINDS
): Promise<[Connection, Connection]> {
  const [dialler, listener] = [await node(from), await node(to)]
  const inbound = new Promise<Connection>((resolve) =>
    listener.addEventListener('connection:open', ({ detail }) => resolve(detail), { once: true })
  )
  return [await dialler.dial(listener.getMultiaddrs()), await inbound]
}

/** Sends bytes there and collects as many of what comes back. */
async function echoed(connection: Connection, sent: Uint8Array): Promise<Buffer> {
  const stream = await connection.newStream(ECHO)
  const parts: Uint8Array[] = []
  let received = 0
  const complete = new Promise<void>((resolve, reject) => {
    stream.addEventListener('message', ({ data }) => {
      parts.push(data.slice())
      received += data.byteLength
      if (received >= sent.byteLength) resolve()
    })
    stream.addEventListener('close', ({ error }) => reject(error ?? new Error('closed')))
  })
  stream.send(sent)
  await complete
  await stream.close()
  return Buffer.concat(parts)
}

describe('TLS on the socket', () => {
  test.each([
    ['native', 'native'],
    ['native', 'stock'],
    ['stock', 'native']
  ] as const)('%s dials %s: both know each other, bytes go both ways', async (from, to) => {
    const [outbound, inbound] = await connected(from, to)
    for (const each of [outbound, inbound]) {
      expect(each).toMatchObject({ encryption: TLS, multiplexer: '/yamux/1.0.0' })
    }
    expect([outbound.remotePeer, inbound.remotePeer].map(String)).toEqual(
      nodes.map(({ peerId }) => String(peerId)).toReversed()
    )
    const sent = randomBytes(5 * MiB + 17)
    const [there, back, few] = await Promise.all([
      echoed(outbound, sent),
      echoed(inbound, sent),
      echoed(outbound, Buffer.from('few bytes'))
    ])
    expect(there.equals(sent) && back.equals(sent)).toBe(true)
    expect(few.toString()).toBe('few bytes')
  })

  test.each([
    ['both', 'both', TLS],
    ['both', 'noise', '/noise'],
    ['noise', 'both', '/noise'],
    ['both', 'stock', TLS]
  ] as const)('%s dials %s: they use %s', async (from, to, encryption) => {
    const [outbound, inbound] = await connected(from, to)
    expect([outbound.encryption, inbound.encryption]).toEqual([encryption, encryption])
  })

  test.each(['close', 'abort'] as const)('%s on one side ends the connection on both', async (how) => {
    const [outbound, inbound] = await connected('native', 'native')
    const ended = Promise.all(
      [outbound, inbound].map(
        (each) => new Promise<void>((resolve) => each.addEventListener('close', () => resolve()))
      )
    )
    if (how === 'close') await outbound.close()
    else outbound.abort(new Error('enough'))
    await ended
    expect(nodes.map((each) => each.getConnections())).toEqual([[], []])
  })

  test('what was sent before an orderly end arrives', async () => {
    const [dialler, listener] = [await node('native'), await node('native')]
    const sent = randomBytes(200_000)
    const arrived = new Promise<Buffer>((resolve) => {
      void listener.handle('/test/take/1.0.0', (stream: Stream) => {
        const parts: Uint8Array[] = []
        stream.addEventListener('message', ({ data }) => parts.push(data.slice()))
        stream.addEventListener('end', () => resolve(Buffer.concat(parts)))
      })
    })
    const connection = await dialler.dial(listener.getMultiaddrs())
    const stream = await connection.newStream('/test/take/1.0.0')
    stream.send(sent)
    await connection.close()
    expect((await arrived).equals(sent)).toBe(true)
  })
})

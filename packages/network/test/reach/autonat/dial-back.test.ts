import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { millis, seededRng } from '@p2pshare/base'
import { beforeAll, describe, expect, test } from 'vitest'
import { REACH } from '../../../src/limits/index.ts'
import { DialBackClient } from '../../../src/reach/autonat/dial-back-client.ts'
import { DialBackServer } from '../../../src/reach/autonat/dial-back-server.ts'
import {
  decodeAutoNat,
  DIAL_BACK,
  DIAL_REQUEST,
  encodeAutoNat,
  encodeDialBack,
  STATUS
} from '../../../src/reach/autonat/message.ts'
import { connectionTo, Handlers } from './asked-peer.ts'

const OPEN = '/ip4/5.5.1.2/tcp/4001'
const ELSEWHERE = '/ip4/5.5.9.9/tcp/4001'
const signal = new AbortController().signal
const clock = {
  now: () => millis(0),
  wallTime: () => 0,
  after: (_: number, run: () => void) => (run(), () => {})
}

let a: PeerId
let b: PeerId
beforeAll(async () => {
  ;[a, b] = (await Promise.all(
    [1, 2].map(async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519')))
  )) as [PeerId, PeerId]
})

/** A asks, B answers; `open` are addresses at which A can be dialled. */
function world(options: { open?: string[]; from?: string; relayed?: boolean; dialFrom?: string } = {}): {
  client: DialBackClient
  asker: Handlers
  server: Handlers
  connection: Connection
  seesAsker: Connection
  dialled: string[]
} {
  const { open = [OPEN], from = '/ip4/5.5.1.2/tcp/35000', dialFrom = '/ip4/5.5.2.2/tcp/999' } = options
  const asker = new Handlers()
  const server = new Handlers()
  const client = new DialBackClient(asker as never)
  client.start()
  const dialled: string[] = []
  const limits = options.relayed === true ? { limits: {} } : {}
  const seesAsker = connectionTo({ peer: a, address: from }, undefined, limits as never)
  const arriving = connectionTo({ peer: b, address: dialFrom }, undefined, { direction: 'inbound' })
  const transport = {
    dial: async (address: { toString(): string }) => {
      dialled.push(address.toString())
      if (!open.some((each) => address.toString() === `${each}/p2p/${a.toString()}`))
        throw new Error('refused')
      return connectionTo({ peer: a, address: OPEN }, { handlers: asker, seesUs: arriving })
    }
  }
  new DialBackServer({ libp2p: server as never, transport, clock: clock as never, rng: seededRng(1) }).start()
  const connection = connectionTo(
    { peer: b, address: '/ip4/5.5.2.2/tcp/4001' },
    { handlers: server, seesUs: seesAsker }
  )
  return { client, asker, server, connection, seesAsker, dialled }
}

/** What B answers to a request of these addresses; the stream stays open for more. */
async function request(
  { server, seesAsker }: ReturnType<typeof world>,
  addresses: string[]
): Promise<{ answer: ReturnType<typeof decodeAutoNat>; frames: ReturnType<typeof lpStream<Stream>> }> {
  const to = connectionTo({ peer: b, address: OPEN }, { handlers: server, seesUs: seesAsker })
  const frames = lpStream(await to.newStream(DIAL_REQUEST))
  const bytes = addresses.map((each) => multiaddr(each).bytes)
  await frames.write(encodeAutoNat({ type: 'request', addresses: bytes, nonce: 7n }))
  return { answer: decodeAutoNat((await frames.read()).subarray()), frames }
}

describe('asking', () => {
  test('an address that can be dialled works, one that cannot fails', async () => {
    const { client, connection, dialled } = world()
    expect(await client.ask(connection, OPEN, 0, signal)).toBe('works')
    expect(await client.ask(connection, '/ip4/5.5.1.2/tcp/4002', 0, signal)).toBe('fails')
    expect(dialled).toEqual([`${OPEN}/p2p/${a}`, `/ip4/5.5.1.2/tcp/4002/p2p/${a}`])
  })

  test('for an address on another host the dial is paid for', async () => {
    const { client, connection, dialled } = world({ open: [ELSEWHERE] })
    expect(await client.ask(connection, ELSEWHERE, 0, signal)).toBe('works')
    expect(dialled).toEqual([`${ELSEWHERE}/p2p/${a}`])
  })

  test('peers that only take the payment get so much an hour from us, and no more', async () => {
    const client = new DialBackClient(new Handlers() as never)
    const server = new Handlers()
    let paid = 0
    const take = async (stream: Stream): Promise<void> => {
      const frames = lpStream(stream)
      await frames.read()
      await frames.write(encodeAutoNat({ type: 'data-request', index: 0, bytes: REACH.maxDialData }))
      for (let left: number = REACH.maxDialData; left > 0; ) {
        const part = decodeAutoNat((await frames.read()).subarray())
        const size = part?.type === 'data' ? part.bytes.byteLength : 0
        paid += size
        left -= size
      }
      stream.abort(new Error('thanks'))
    }
    await server.handle(DIAL_REQUEST, (stream) => void take(stream).catch(() => undefined))
    const connection = connectionTo({ peer: b, address: OPEN }, { handlers: server, seesUs: inbound({}) })
    const hour = async (now: number): Promise<number> => {
      paid = 0
      for (let i = 0; i < 30; i++)
        expect(await client.ask(connection, ELSEWHERE, now, signal)).toBe('nothing')
      return paid
    }
    expect(await hour(0)).toBe(REACH.dialDataPerHour)
    expect(await hour(3_600_000)).toBe(REACH.dialDataPerHour)
  })

  test.each<[string, (stream: Stream, asker: Handlers, over: Connection) => Promise<void>]>([
    ['that says it works without a dial', async (stream) => answerWith(stream)],
    [
      'that brings the nonce on the connection that was there',
      async (stream, asker, over) => answerWith(stream, (nonce) => bring(nonce, asker, over))
    ],
    [
      'that brings it by a connection that we opened',
      async (stream, asker) =>
        answerWith(stream, (nonce) => bring(nonce, asker, inbound({ direction: 'outbound' })))
    ],
    [
      'that brings it through the LAN',
      async (stream, asker) =>
        answerWith(stream, (nonce) => bring(nonce, asker, inbound({}, '/ip4/10.0.0.9/tcp/1')))
    ],
    [
      'that brings another nonce',
      async (stream, asker) => answerWith(stream, (nonce) => bring(nonce + 1n, asker, inbound({})))
    ],
    ['that speaks of another address', async (stream) => answerWith(stream, undefined, 1)],
    ['that sends noise', async (stream) => lpStream(stream).write(new Uint8Array(100).fill(255))],
    ['that goes away', async (stream) => stream.abort(new Error('gone'))],
    [
      'that wants more data than allowed',
      async (stream) => {
        const frames = lpStream(stream)
        await frames.read()
        await frames.write(encodeAutoNat({ type: 'data-request', index: 0, bytes: 10_000_000 }))
      }
    ]
  ])('a peer %s proves nothing', async (_, behave) => {
    const asker = new Handlers()
    const client = new DialBackClient(asker as never)
    client.start()
    const server = new Handlers()
    const connection: Connection = connectionTo(
      { peer: b, address: '/ip4/5.5.2.2/tcp/4001' },
      { handlers: server, seesUs: inbound({}) }
    )
    await server.handle(
      DIAL_REQUEST,
      (stream) => void behave(stream, asker, connection).catch(() => undefined)
    )
    expect(await client.ask(connection, OPEN, 0, signal)).toBe('nothing')
  })

  test('a peer that is silent is left when we stop', async () => {
    const server = new Handlers()
    await server.handle(DIAL_REQUEST, () => undefined)
    const connection = connectionTo({ peer: b, address: OPEN }, { handlers: server, seesUs: inbound({}) })
    const stop = new AbortController()
    const asking = new DialBackClient(new Handlers() as never).ask(connection, OPEN, 0, stop.signal)
    stop.abort()
    expect(await asking).toBe('nothing')
  })
})

describe('answering', () => {
  test.each([
    ['a private address', '/ip4/192.168.1.1/tcp/4001'],
    ['loopback', '/ip4/127.0.0.1/tcp/4001'],
    ['a shared address', '/ip4/100.64.1.1/tcp/4001'],
    ['a port of other services', '/ip4/5.5.1.2/tcp/25'],
    ['a name', '/dns4/example.org/tcp/4001'],
    ['another transport', '/ip4/5.5.1.2/udp/4001/quic-v1'],
    ['a relay', '/ip4/5.5.1.2/tcp/4001/p2p/12D3KooWBmAwcd4PJNJvfV89HwE48nwkRmAgo8Vy3uQEyNNHBox2/p2p-circuit'],
    ['IPv4 in IPv6', '/ip6/::ffff:192.168.1.1/tcp/4001']
  ])('%s is not dialled', async (_, address) => {
    const made = world()
    const { answer } = await request(made, [address])
    expect(answer).toMatchObject({ type: 'response', status: STATUS.dialRefused })
    expect(made.dialled).toEqual([])
  })

  test('the first address that may be dialled is, for whom it was asked', async () => {
    const made = world()
    const { answer } = await request(made, ['/ip4/10.0.0.1/tcp/4001', `${OPEN}/p2p/${b.toString()}`])
    expect(answer).toMatchObject({ type: 'response', status: STATUS.ok, index: 1 })
    expect(made.dialled).toEqual([`${OPEN}/p2p/${a}`])
  })

  test.each([
    ['from the LAN', { from: '/ip4/192.168.1.9/tcp/1' }],
    ['over a relay', { relayed: true }]
  ])('who comes %s is refused', async (_, options) => {
    const made = world(options)
    expect((await request(made, [OPEN])).answer).toMatchObject({ status: STATUS.requestRejected })
    expect(made.dialled).toEqual([])
  })

  test('nobody is dialled for a few bytes: the data comes first', async () => {
    const made = world({ open: [ELSEWHERE] })
    const { answer, frames } = await request(made, [ELSEWHERE])
    expect(answer).toMatchObject({ type: 'data-request', index: 0 })
    const wanted = answer?.type === 'data-request' ? answer.bytes : 0
    expect(wanted).toBeGreaterThanOrEqual(REACH.minDialData)
    await frames.write(encodeAutoNat({ type: 'data', bytes: new Uint8Array(4096) }))
    await frames.write(encodeAutoNat({ type: 'data', bytes: new Uint8Array(0) }))
    await expect(frames.read()).rejects.toThrow()
    expect(made.dialled).toEqual([])
  })

  test('one address block gets a few answers a minute', async () => {
    const made = world()
    const statuses: unknown[] = []
    for (let i = 0; i < REACH.servedPerBlock + 2; i++)
      statuses.push(((await request(made, [OPEN])).answer as { status?: number }).status)
    expect(statuses.filter((status) => status === STATUS.ok)).toHaveLength(REACH.servedPerBlock)
    expect(made.dialled).toHaveLength(REACH.servedPerBlock)
  })

  test('noise, and messages that are too long, end the stream', async () => {
    const made = world()
    for (const noise of [new Uint8Array(10).fill(255), new Uint8Array(REACH.maxMessage + 1)]) {
      const to = connectionTo({ peer: b, address: OPEN }, { handlers: made.server, seesUs: made.seesAsker })
      const frames = lpStream(await to.newStream(DIAL_REQUEST))
      await frames.write(noise)
      await expect(frames.read()).rejects.toThrow()
    }
  })
})

function inbound(more: Partial<Connection>, address = '/ip4/5.5.2.2/tcp/999'): Connection {
  return connectionTo({ peer: b, address }, undefined, { direction: 'inbound', ...more })
}

async function answerWith(
  stream: Stream,
  before: (nonce: bigint) => Promise<void> = async () => undefined,
  index = 0
): Promise<void> {
  const frames = lpStream(stream)
  const message = decodeAutoNat((await frames.read()).subarray())
  await before(message?.type === 'request' ? message.nonce : 0n)
  await frames.write(encodeAutoNat({ type: 'response', status: STATUS.ok, index, dialStatus: 200 }))
}

/** Opens a dial-back stream at A, over a connection that A sees as `over`. */
async function bring(nonce: bigint, asker: Handlers, over: Connection): Promise<void> {
  const there = connectionTo({ peer: a, address: OPEN }, { handlers: asker, seesUs: over })
  const frames = lpStream(await there.newStream(DIAL_BACK))
  await frames.write(encodeDialBack(nonce))
  await frames.read().catch(() => undefined)
}

import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import { sendRecords } from '../../src/announce/record-sender.ts'
import { multihashOf } from '../../src/dht/kad-key.ts'
import type { KadMessage } from '../../src/dht/message.ts'
import { ANNOUNCE } from '../../src/limits/index.ts'
import { digest } from '../support/nodes.ts'
import { answerDht, LAN_PROTOCOL, rawPeer, stopRawPeers } from '../support/raw-peer.ts'

afterEach(stopRawPeers)

const keys = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => multihashOf(digest(`${i}`)))

const hex = (key: Uint8Array): string => Buffer.from(key).toString('hex')

/** A server that answers pings in its own way, and one that tells it records. */
async function pair(answer: (request: KadMessage) => KadMessage | undefined) {
  const [server, node] = await Promise.all([rawPeer(), rawPeer()])
  const taken: Uint8Array[] = []
  const streams = new Set<string>()
  await answerDht(server, (request, stream) => {
    streams.add(stream.id)
    if (request.type !== 'ADD_PROVIDER') return answer(request)
    if (request.key !== undefined) taken.push(request.key)
    return undefined
  })
  await node.dial(server.getMultiaddrs().map((each) => multiaddr(each.toString())))
  const init = { node, protocol: LAN_PROTOCOL, scope: 'lan' } as const
  return {
    taken,
    streams,
    send: (count: number, signal: AbortSignal, between?: () => Promise<void>) =>
      sendRecords(init, server.peerId.toString(), keys(count), signal, between)
  }
}

const never = new AbortController().signal

test('many records go over one stream, with a rest after each write', async () => {
  const { taken, streams, send } = await pair((request) => request)
  let rests = 0
  await send(3 * ANNOUNCE.recordsPerWrite + 1, never, async () => {
    rests++
  })
  expect(taken.map(hex)).toEqual(keys(3 * ANNOUNCE.recordsPerWrite + 1).map(hex))
  expect(streams.size).toBe(1)
  expect(rests).toBe(4)
})

test('another answer than a ping is a failure, though records arrived', async () => {
  const { taken, send } = await pair((request) => ({ ...request, type: 'FIND_NODE' }))
  await expect(send(2, never)).rejects.toMatchObject({ code: 'network.bad-dht-answer' })
  expect(taken).toHaveLength(2)
})

test('no answer is a failure, too', async () => {
  const asked = Promise.withResolvers<void>()
  const { send } = await pair(() => {
    asked.resolve()
    return undefined
  })
  const leave = new AbortController()
  const sending = send(2, leave.signal)
  await asked.promise
  leave.abort()
  await expect(sending).rejects.toThrow()
})

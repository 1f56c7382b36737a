import type { Libp2p, MessageStream, StreamMuxerFactory } from '@libp2p/interface'
import { ShareError } from '@p2pshare/base'
import { yamux } from '@libp2p/yamux'
import { afterEach, describe, expect, test } from 'vitest'
import { guardedYamux } from '../../src/muxer/guarded-yamux.ts'
import { leanMuxer } from '../../src/muxer/lean-muxer.ts'
import { loopbackNode } from '../link/swarm-node.ts'

const nodes: Libp2p[] = []
afterEach(async () => {
  await Promise.all(nodes.splice(0).map(async (node) => node.stop()))
})

/** A muxer that shows the connection below it, so that a test can write raw frames. */
function openMuxer(onConnection: (connection: MessageStream) => void): () => StreamMuxerFactory {
  return () => {
    const factory = yamux()()
    return {
      protocol: factory.protocol,
      createStreamMuxer(connection) {
        onConnection(connection)
        return factory.createStreamMuxer(connection)
      }
    }
  }
}

/** Header of a yamux data frame (version 0, type 0, flag SYN, a stream id of the dialler). */
function dataHeader(length: number): Uint8Array {
  const header = new Uint8Array(12)
  const view = new DataView(header.buffer)
  view.setUint16(2, 1)
  view.setUint32(4, 2001)
  view.setUint32(8, length)
  return header
}

/** Sends until told to stop or cut off; answers the bytes sent. */
async function flood(connection: MessageStream, limit: number): Promise<number> {
  const chunk = new Uint8Array(60_000)
  let sent = 0
  while (sent < limit && connection.status === 'open') {
    sent += chunk.byteLength
    if (connection.send(chunk)) continue
    await new Promise<void>((resolve) => {
      connection.addEventListener('drain', () => resolve(), { once: true })
      connection.addEventListener('close', () => resolve(), { once: true })
    })
  }
  return sent
}

describe('guarded yamux', () => {
  test('a frame of 4 GiB costs its sender the connection, and us little memory', async () => {
    let below: MessageStream | undefined
    const victim = await loopbackNode()
    const attacker = await loopbackNode([
      openMuxer((connection) => {
        below = connection
      })
    ])
    nodes.push(victim, attacker)
    const connection = await attacker.dial(victim.getMultiaddrs())
    if (below === undefined) expect.unreachable('no connection')
    const ended = new Promise<void>((resolve) =>
      connection.addEventListener('close', () => resolve(), { once: true })
    )
    const [before, began] = [process.memoryUsage().rss, performance.now()]
    below.send(dataHeader(0xfffffff0))
    const sent = await flood(below, 64 * 1024 * 1024)
    await ended
    // Both sides run in this process, so what the attacker has in flight counts as well.
    expect(performance.now() - began).toBeLessThan(1000)
    expect(sent).toBeLessThan(16 * 1024 * 1024)
    expect(process.memoryUsage().rss - before).toBeLessThan(24 * 1024 * 1024)
    expect(victim.getConnections()).toEqual([])
  })

  test('a frame a little over the window is refused as well', async () => {
    let below: MessageStream | undefined
    const victim = await loopbackNode([guardedYamux({ maxStreamWindowSize: 512 * 1024 })])
    const attacker = await loopbackNode([
      openMuxer((connection) => {
        below = connection
      })
    ])
    nodes.push(victim, attacker)
    const connection = await attacker.dial(victim.getMultiaddrs())
    if (below === undefined) expect.unreachable('no connection')
    const ended = new Promise<void>((resolve) =>
      connection.addEventListener('close', () => resolve(), { once: true })
    )
    below.send(dataHeader(2 * 1024 * 1024))
    await flood(below, 2 * 1024 * 1024)
    await ended
    expect(victim.getConnections()).toEqual([])
  })

  test('honest bulk passes', async () => {
    const [a, b] = [await loopbackNode(), await loopbackNode()]
    nodes.push(a, b)
    let got = 0
    const all = new Promise<void>((resolve) => {
      void b.handle('/bulk/1', (stream) => {
        stream.addEventListener('message', (event) => {
          got += event.data.byteLength
          if (got === 8 * 1024 * 1024) resolve()
        })
      })
    })
    const stream = await a.dialProtocol(b.getMultiaddrs(), '/bulk/1')
    for (let i = 0; i < 8; i++) stream.send(new Uint8Array(1024 * 1024))
    await all
    expect(got).toBe(8 * 1024 * 1024)
  })

  test('a muxer with other insides is refused at once', () => {
    const other = { onData() {}, decoder: {} } as unknown as Parameters<typeof leanMuxer>[0]
    expect(() => leanMuxer(other, 1)).toThrow(ShareError)
  })
})

import type { Libp2p, Stream } from '@libp2p/interface'
import { KiB, MiB } from '@p2pshare/base'
import { afterEach, describe, expect, test } from 'vitest'
import { WideWindows } from '../../src/muxer/wide-windows.ts'
import { loopbackNode } from '../link/swarm-node.ts'

/** What the test sees and sets of a stream of yamux. */
interface OpenStream extends Stream {
  recvWindow: number
  recvWindowCapacity: number
  maxStreamWindowSize: number
  maxReadBufferLength: number
  sendWindowCapacity: number
  epochStart: number
  sendWindowUpdate(): void
}

const nodes: Libp2p[] = []
afterEach(async () => {
  await Promise.all(nodes.splice(0).map(async (node) => node.stop()))
})

/** A stream at both ends; at the near one the round trip is what the test says. */
async function pair(rtt: number): Promise<{ near: OpenStream; far: OpenStream }> {
  const [a, b] = [await loopbackNode(), await loopbackNode()]
  nodes.push(a, b)
  const { promise, resolve } = Promise.withResolvers<Stream>()
  await b.handle('/wide/1', resolve)
  const far = (await a.dialProtocol(b.getMultiaddrs(), '/wide/1')) as unknown as OpenStream
  const near = Object.assign((await promise) as unknown as OpenStream, { getRTT: () => rtt })
  return { near, far }
}

/** As if the stream had just used a quarter of its window within `took` ms. */
function useQuarter(stream: OpenStream, took: number): void {
  stream.recvWindowCapacity = Math.floor(stream.recvWindow * 0.75)
  stream.epochStart = Date.now() - took
  stream.sendWindowUpdate()
}

describe('the windows of long ways', () => {
  test.each([
    { rtt: 100, window: MiB },
    { rtt: 5, window: 256 * KiB },
    { rtt: -1, window: 256 * KiB }
  ])('with a round trip of $rtt ms a stream begins with $window bytes', async ({ rtt, window }) => {
    const { near, far } = await pair(rtt)
    // The muxer itself doubles what is young; here only ours counts.
    near.epochStart = 0
    new WideWindows().watch(near)
    const heard = new Promise((resolve) => far.addEventListener('message', resolve, { once: true }))
    near.send(new Uint8Array(1))
    await heard
    // Less the few bytes in which the protocol was agreed on.
    expect(far.sendWindowCapacity).toBeGreaterThan(window - 256)
    expect(far.sendWindowCapacity).toBeLessThanOrEqual(window)
  })

  test('grow to 8 MiB, and the read buffer with them, while a quarter is used within a round trip', async () => {
    const windows = new WideWindows()
    const { near } = await pair(100)
    windows.watch(near)
    for (let i = 0; i < 8; i++) useQuarter(near, 40)
    expect(near.recvWindow).toBe(8 * MiB)
    expect(near.maxReadBufferLength).toBe(16 * MiB)
    expect(windows.taken).toBe(6 * MiB)
  })

  test('stay at 2 MiB for a stream that does not use them so fast, or over a short way', async () => {
    const windows = new WideWindows()
    const [slow, short] = [await pair(100), await pair(15)]
    for (const { near } of [slow, short]) windows.watch(near)
    for (let i = 0; i < 8; i++) {
      useQuarter(slow.near, 130)
      useQuarter(short.near, 5)
    }
    expect([slow.near.recvWindow, short.near.recvWindow]).toEqual([2 * MiB, 2 * MiB])
    expect(windows.taken).toBe(0)
  })

  test('have a budget for the whole node, and give their part back at the end', async () => {
    const windows = new WideWindows(5 * MiB)
    const [first, second] = [await pair(100), await pair(100)]
    for (const { near } of [first, second]) windows.watch(near)
    for (let i = 0; i < 8; i++) useQuarter(first.near, 40)
    for (let i = 0; i < 8; i++) useQuarter(second.near, 40)
    expect([first.near.recvWindow, second.near.recvWindow]).toEqual([4 * MiB, 4 * MiB])
    expect(windows.taken).toBe(4 * MiB)
    first.near.abort(new Error('end of the test'))
    expect(windows.taken).toBe(2 * MiB)
    for (let i = 0; i < 8; i++) useQuarter(first.near, 40)
    expect(windows.taken).toBe(2 * MiB)
  })
})

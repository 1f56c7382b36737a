import type { Connection, Libp2p } from '@libp2p/interface'
import { afterEach, expect, test } from 'vitest'
import { LINK_LIMITS } from '../../src/link/link-limits.ts'
import { openStreams } from '../../src/link/opening-handshake.ts'
import { resetStream } from '../../src/link/stream-closing.ts'
import { forever, loopbackNode, machineClock, type SwarmNode, swarmNode } from './swarm-node.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()))
})

async function pair(): Promise<{ near: Libp2p; far: SwarmNode; connection: Connection }> {
  const [near, far] = [await loopbackNode(), await swarmNode()]
  ends.push(
    async () => near.stop(),
    () => far.stop()
  )
  return { near, far, connection: await near.dial(far.node.getMultiaddrs()) }
}

/** The connection, but `newStream` is the test's. */
function opening(connection: Connection, newStream: Connection['newStream']) {
  return {
    agent: 'test/1',
    clock: machineClock,
    limits: LINK_LIMITS,
    connection: { remotePeer: connection.remotePeer, newStream } as Connection,
    session: 1n,
    signal: forever(),
    onSpeak() {}
  }
}

test('both streams are negotiated at the same time, control first', async () => {
  const { near, far, connection } = await pair()
  const both = Promise.withResolvers<void>()
  const ids: string[] = []
  const streams = await openStreams(
    opening(connection, async (...args) => {
      const stream = connection.newStream(...args)
      // Nobody goes on until the second one was begun.
      if (ids.push('') === 2) both.resolve()
      await both.promise
      ids.push((await stream).id)
      return stream
    })
  )
  const [control, data] = [streams.control.stream.id, streams.data.stream.id]
  expect(Number(control)).toBeLessThan(Number(data))
  expect((await far.next()).peer).toBe(near.peerId.toString())
  for (const { stream } of [streams.control, streams.data]) resetStream(stream, 'end of the test')
})

test('a stream that comes after the other one failed is reset', async () => {
  const { connection } = await pair()
  const [failed, gone] = [Promise.withResolvers<void>(), Promise.withResolvers<Error | undefined>()]
  let count = 0
  const opened = openStreams(
    opening(connection, async (...args) => {
      if (++count === 1) throw new Error('no stream for you')
      const stream = await connection.newStream(...args)
      stream.addEventListener('close', (event) => gone.resolve(event.error))
      await failed.promise
      return stream
    })
  )
  await expect(opened).rejects.toThrow('no stream for you')
  failed.resolve()
  expect(await gone.promise).toBeInstanceOf(Error)
})

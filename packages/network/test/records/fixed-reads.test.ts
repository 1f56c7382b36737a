import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { readFixed } from '../../src/records/fixed-reads.ts'

const open: { destroy(): void }[] = []
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy()
})

/** Both ends of a connection on loopback: one that was dialled, one that a server took. */
async function socketPair(): Promise<{ near: Socket; far: Socket }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const near = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1')
  const [far] = (await once(server, 'connection')) as [Socket]
  server.close()
  open.push(near, far)
  return { near, far }
}

/** Resolves with all that was read once `total` bytes are there. */
function collect(socket: Socket, total: number): { all: Promise<Buffer>; buffers: Set<ArrayBufferLike> } {
  const parts: Buffer[] = []
  const buffers = new Set<ArrayBufferLike>()
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  let got = 0
  const fixed = readFixed(socket, (read) => {
    buffers.add(read.buffer)
    parts.push(Buffer.from(read))
    got += read.byteLength
    if (got === total) resolve(Buffer.concat(parts))
  })
  expect(fixed).toBe(true)
  return { all: promise, buffers }
}

test('an open socket reads into one buffer, whoever opened it', async () => {
  const { near, far } = await socketPair()
  const content = Buffer.from(Array.from({ length: 700_000 }, (_, i) => i % 251))
  for (const [from, to] of [
    [near, far],
    [far, near]
  ] as const) {
    to.on('data', () => expect.unreachable('a data event'))
    const { all, buffers } = collect(to, content.byteLength)
    from.write(content)
    expect((await all).equals(content)).toBe(true)
    expect(buffers.size).toBe(1)
  }
})

test('nothing is read while the socket is paused, and its end is heard', async () => {
  const { near, far } = await socketPair()
  far.on('data', () => {})
  let got = 0
  expect(readFixed(far, (read) => void (got += read.byteLength))).toBe(true)
  far.pause()
  near.end(Buffer.alloc(1000))
  await once(near, 'finish')
  // The answer to this has passed the kernel after the bytes above.
  const echoed = once(near, 'data')
  far.write('x')
  await echoed
  expect(got).toBe(0)
  const ended = once(far, 'end')
  far.resume()
  await ended
  expect(got).toBe(1000)
})

test('a socket whose insides are others goes on as it was', async () => {
  const { near, far } = await socketPair()
  const other = Object.create(far) as Socket & { _handle?: unknown }
  Object.defineProperty(other, '_handle', { value: {} })
  expect(readFixed(other, () => {})).toBe(false)
  const data = once(far, 'data')
  near.write('still here')
  expect(String(await data)).toBe('still here')
})

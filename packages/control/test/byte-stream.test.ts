import { createServer } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { fc, test as property } from '@fast-check/vitest'
import { ShareError } from '@p2pshare/base'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createControlClient } from '../src/client/index.ts'
import { RawPart, type ReadEvent } from '../src/index.ts'
import { CID, fakeService } from './fake-service.ts'
import { serve, temporaryFolder } from './serve.ts'

/** Time without a byte after which a client gives a daemon up, ms. */
const SILENCE = 300

const FILE: ReadEvent = { event: 'file', cid: CID, name: 'x', size: 9, start: 0, end: 9 }

/** Everything that came until the stream ended, and how it ended. */
async function collect(
  stream: AsyncIterable<ReadEvent | Uint8Array>
): Promise<{ bytes: Buffer; events: ReadEvent[]; failure: unknown }> {
  const parts: Uint8Array[] = []
  const events: ReadEvent[] = []
  let failure: unknown
  try {
    for await (const part of stream) {
      if (part instanceof Uint8Array) parts.push(part)
      else events.push(part)
    }
  } catch (error) {
    failure = error
  }
  return { bytes: Buffer.concat(parts), events, failure }
}

describe('bytes in a stream', () => {
  property.prop([fc.array(fc.uint8Array({ minLength: 1, maxLength: 300_000 }), { maxLength: 6 })], {
    numRuns: 15
  })('come as they were, whatever they look like, between the events', async (parts) => {
    const { socketPath } = await serve(
      fakeService({
        async *read() {
          yield FILE
          for (const part of parts) yield new RawPart(part)
          yield { event: 'done', cid: CID, bytes: 0 }
        }
      })
    )
    const { bytes, events, failure } = await collect(createControlClient({ socketPath }).read({ ref: CID }))
    expect(failure).toBeUndefined()
    expect(bytes.equals(Buffer.concat(parts))).toBe(true)
    expect(events.map(({ event }) => event)).toEqual(['file', 'done'])
  })

  test('an error after some of them arrives whole', async () => {
    const { socketPath } = await serve(
      fakeService({
        async *read() {
          yield new RawPart(Buffer.from('{"end":true}\n'))
          throw new ShareError({ code: 'storage.changed', fault: 'disk', message: 'changed' })
        }
      })
    )
    const { bytes, failure } = await collect(createControlClient({ socketPath }).read({ ref: CID }))
    expect(bytes.toString()).toBe('{"end":true}\n')
    expect(failure).toMatchObject({ code: 'storage.changed' })
  })

  test('a reader who stops is not read for, however long: neither memory nor silence ends it', async () => {
    let made = 0
    const { socketPath } = await serve(
      fakeService({
        async *read() {
          for (; made < 400; made++) yield new RawPart(new Uint8Array(64 * 1024).fill(made))
        }
      }),
      { heartbeat: 60_000 }
    )
    const stream = createControlClient({ socketPath, silence: SILENCE }).read({ ref: CID })
    let bytes = ((await stream.next()).value as Uint8Array).byteLength
    // Longer than the client would bear of a silent daemon: one is, meanwhile, until it gives that up.
    const { socketPath: silent } = await serve(
      fakeService({
        async *read(_, signal) {
          yield FILE
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
        }
      }),
      { heartbeat: 60_000 }
    )
    const given = await collect(
      createControlClient({ socketPath: silent, silence: SILENCE }).read({ ref: CID })
    )
    expect(given.failure).toMatchObject({ code: 'control.connection-lost' })
    expect(made).toBeLessThan(100)
    for await (const part of stream) bytes += (part as Uint8Array).byteLength
    expect(bytes).toBe(400 * 64 * 1024)
  })

  test('lent bytes are used again once they are out, and none is overwritten before', async () => {
    // As few buffers as can be: each is filled anew the moment that it is given back.
    const spare: Uint8Array[] = []
    let buffers = 0
    const { socketPath } = await serve(
      fakeService({
        async *read() {
          for (let i = 0; i < 300; i++) {
            const size = i % 3 === 0 ? 1000 : 256 * 1024
            const known = spare.findIndex((one) => one.byteLength === size)
            const bytes = known === -1 ? new Uint8Array(size) : (spare.splice(known, 1)[0] as Uint8Array)
            if (known === -1) buffers++
            yield new RawPart(bytes.fill(i), () => spare.push(bytes.fill(0xee)))
          }
        }
      })
    )
    const counts = new Map<number, number>()
    for await (const part of createControlClient({ socketPath }).read({ ref: CID })) {
      for (const byte of part as Uint8Array) counts.set(byte, (counts.get(byte) ?? 0) + 1)
      // Now and then the reader is slow.
      if (counts.size % 16 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(counts.size).toBe(256)
    for (const [byte, count] of counts) {
      const sizes = [byte, byte + 256].filter((i) => i < 300).map((i) => (i % 3 === 0 ? 1000 : 256 * 1024))
      expect(count, `${byte}`).toBe(sizes.reduce((sum, size) => sum + size, 0))
    }
    expect(buffers).toBeLessThan(110)
  })

  test.each([
    ['cut off in the middle of bytes', '{"bytes":100}\nabc'],
    ['cut off between them', '{"bytes":3}\nabc'],
    ['a size that makes no sense', '{"bytes":1e99}\n'],
    ['no JSON', 'x\n{"end":true}\n']
  ])('%s: an error, not an end', async (_name, text) => {
    const socketPath = join(await temporaryFolder(), 's')
    const server = createServer((_request, response) => response.end(text))
    onTestFinished(() => void server.close())
    server.listen(socketPath)
    await once(server, 'listening')
    const { failure } = await collect(createControlClient({ socketPath }).read({ ref: CID }))
    expect(failure).toMatchObject({ code: 'control.connection-lost' })
  })
})

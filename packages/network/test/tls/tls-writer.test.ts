import { randomBytes, randomInt } from 'node:crypto'
import { once } from 'node:events'
import { connect as connectTcp, createServer, type Socket } from 'node:net'
import { connect, TLSSocket } from 'node:tls'
import { setImmediate as turn } from 'node:timers/promises'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createCertificate } from '../../src/tls/certificate.ts'
import { BATCH, ReadBatch } from '../../src/tls/read-batch.ts'
import { tlsContext } from '../../src/tls/tls-handshake.ts'
import { TlsWriter } from '../../src/tls/tls-writer.ts'
import { closed } from './raw-tls-peer.ts'

const context = tlsContext(await createCertificate(await generateKeyPair('Ed25519')))

let writing: TLSSocket
let reading: TLSSocket

beforeAll(async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const raw = connectTcp(port, '127.0.0.1')
  const [[other]] = await Promise.all([accepted, once(raw, 'connect')])
  writing = new TLSSocket(other, { isServer: true, secureContext: context })
  reading = connect({ socket: raw, secureContext: context, rejectUnauthorized: false })
  await Promise.all([once(writing, 'secure'), once(reading, 'secureConnect')])
  server.close()
})

afterAll(async () => {
  writing.destroy()
  await Promise.all([closed(writing), closed(reading)])
})

describe('a TLS writer', () => {
  test('is done with what it was given when the tick is over, even if the reader is slow', async () => {
    const [sent, received]: [Buffer[], Buffer[]] = [[], []]
    let drain = Promise.withResolvers<void>()
    const writer = new TlsWriter(writing, () => drain.resolve())
    const lent = Buffer.alloc(300_000)
    let refused = 0
    reading.on('data', (data: Buffer) => received.push(data)).pause()
    for (let i = 0; i < 60; i++) {
      const part = lent.subarray(0, randomInt(1, lent.byteLength))
      randomBytes(part.byteLength).copy(part)
      sent.push(Buffer.from(part))
      const head = Buffer.from([i])
      sent.splice(-1, 0, Buffer.from(head))
      drain = Promise.withResolvers()
      const more = writer.write([head, part], 1 + part.byteLength)
      // What waits in the microtask queue by now is all that may look at the buffer.
      await Promise.resolve()
      lent.fill(0xee)
      if (!more) refused++
      // Some senders do not listen, and send on.
      if (!more && i % 3 === 0) {
        reading.resume()
        await drain.promise
        reading.pause()
      }
    }
    expect(refused).toBeGreaterThan(0)
    const whole = Buffer.concat(sent)
    reading.resume()
    while (received.reduce((sum, { byteLength }) => sum + byteLength, 0) < whole.byteLength) await turn()
    expect(Buffer.concat(received).equals(whole)).toBe(true)
  })
})

describe('a batch of reads', () => {
  test('joins what comes in one turn, keeps the order, and copies', async () => {
    const out: Buffer[] = []
    const batch = new ReadBatch((bytes) => out.push(Buffer.from(bytes)))
    const landing = Buffer.alloc(16 * 1024)
    const sent: Buffer[] = []
    for (let i = 0; i < 40; i++) {
      const part = landing.subarray(0, randomInt(1, landing.byteLength + 1))
      randomBytes(part.byteLength).copy(part)
      sent.push(Buffer.from(part))
      batch.take(part)
      if (i % 13 === 12) await turn()
    }
    await turn()
    expect(Buffer.concat(out).equals(Buffer.concat(sent))).toBe(true)
    expect(out.length).toBeLessThan(8)
    expect(Math.max(...out.map(({ byteLength }) => byteLength))).toBeLessThanOrEqual(BATCH)
  })

  test('hands on few bytes in a buffer of their size, and everything when it is told to', () => {
    const out: Uint8Array[] = []
    const batch = new ReadBatch((bytes) => out.push(bytes))
    batch.take(Buffer.from('few'))
    batch.flush()
    batch.flush()
    expect(out.map((bytes) => Buffer.from(bytes).toString())).toEqual(['few'])
    expect(out[0]?.buffer.byteLength).toBeLessThan(BATCH)
  })
})

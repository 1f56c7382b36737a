import { Socket } from 'node:net'
import { type Bytes, MiB } from '@p2pshare/base'
import type { LinkHandler, PeerLink } from '@p2pshare/ports'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { leanNoise } from '../../src/records/lean-noise.ts'
import { nativeTls } from '../../src/tls/native-tls.ts'
import { addressOf, type Encrypter, forever, machineClock, type SwarmNode, swarmNode } from './swarm-node.ts'

/** Content that one test moves, and the size of each answer in it. */
const CONTENT = 16 * MiB
const ANSWER = MiB / 4
const PER_MIB = CONTENT / MiB

const nodes: SwarmNode[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(nodes.splice(0).map((node) => node.stop()))
})

/** Takes answers into one buffer and counts them. */
function receiver(total: number, done: () => void): LinkHandler {
  const target = new Uint8Array(ANSWER)
  let got = 0
  return {
    onMessage() {},
    targetFor: ({ length }) => target.subarray(0, length),
    onData({ length }) {
      got += length
      if (got === total) done()
    },
    onClose() {}
  }
}

/** What `node:net` wrote, in calls that each end in at most one of the system's. */
function countWrites(): { calls: number; bytes: number } {
  const count = { calls: 0, bytes: 0 }
  const { _write: one, _writev: many } = Socket.prototype
  vi.spyOn(Socket.prototype, '_write').mockImplementation(function (this: Socket, chunk, ...rest) {
    count.calls++
    count.bytes += (chunk as Uint8Array).byteLength
    one.call(this, chunk, ...rest)
  })
  vi.spyOn(Socket.prototype, '_writev').mockImplementation(function (this: Socket, chunks, ...rest) {
    count.calls++
    for (const { chunk } of chunks) count.bytes += (chunk as Uint8Array).byteLength
    many?.call(this, chunks, ...rest)
  })
  return count
}

/** Bytes of buffers that were given back by hand. */
function countFreed(): { bytes: number } {
  const count = { bytes: 0 }
  const { transfer } = ArrayBuffer.prototype
  vi.spyOn(ArrayBuffer.prototype, 'transfer').mockImplementation(function (
    this: ArrayBuffer,
    length?: number
  ) {
    if (length === 0) count.bytes += this.byteLength
    return transfer.call(this, length)
  })
  return count
}

async function linkPair(encrypt: Encrypter = leanNoise()): Promise<{ from: PeerLink; to: PeerLink }> {
  const start = (): Promise<SwarmNode> => swarmNode({}, machineClock, [encrypt])
  const [seeder, fetcher] = [await start(), await start()]
  nodes.push(seeder, fetcher)
  const to = await fetcher.links.link(addressOf(seeder), forever())
  return { from: await seeder.next(), to }
}

async function move({ from, to }: { from: PeerLink; to: PeerLink }): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  to.start(receiver(CONTENT, resolve))
  from.start(receiver(0, () => {}))
  const payload = new Uint8Array(ANSWER)
  for (let sent = 0; sent < CONTENT; sent += 4 * ANSWER) {
    await Promise.all([1, 2, 3, 4].map((id) => from.sendData(id, payload)))
  }
  await promise
}

// The gate of docs/performance.md: what does not depend on the machine's mood. Each limit lies a little above
// what is reached; raise one only with a reason.
describe('what moving a MiB over a link costs', () => {
  test('bytes on the wire in both directions: at most 1.01 a byte of content', async () => {
    const links = await linkPair()
    const written = countWrites()
    await move(links)
    expect(written.bytes / CONTENT).toBeGreaterThan(1)
    expect(written.bytes / CONTENT).toBeLessThan(1.01)
  })

  test('writes to sockets: one for each answer, and a few for windows', async () => {
    const links = await linkPair()
    const written = countWrites()
    await move(links)
    expect(written.calls / PER_MIB).toBeLessThanOrEqual(8)
  })

  test('content passes by no stream event: neither of the connection nor of its streams', async () => {
    const links = await linkPair()
    const events = vi.spyOn(EventTarget.prototype, 'dispatchEvent')
    await move(links)
    const messages = events.mock.calls.filter(([event]) => event.type === 'message')
    // Only what comes while something waits, and the first bytes.
    expect(messages.length / PER_MIB).toBeLessThanOrEqual(1)
  })

  test('memory of records and reads is given back, not left to the collector', async () => {
    const links = await linkPair()
    const freed = countFreed()
    await move(links)
    // Sealed records at one end, opened ones at the other; sockets read into memory that is used again.
    expect(freed.bytes / CONTENT).toBeGreaterThan(1.9)
  })

  test('parts in which a payload is handed on: about one for each record', async () => {
    const links = await linkPair()
    let parts = 0
    const counting = (handler: LinkHandler): LinkHandler => ({
      ...handler,
      onDataProgress: (_data, _got: Bytes) => void parts++
    })
    const { start } = links.to
    links.to.start = (handler) => start.call(links.to, counting(handler))
    await move(links)
    expect(parts / PER_MIB).toBeLessThanOrEqual(24)
  })
})

test('the same over TLS: as few writes, and most of what was read is given back', async () => {
  const links = await linkPair(nativeTls())
  const [written, freed] = [countWrites(), countFreed()]
  await move(links)
  expect(written.calls / PER_MIB).toBeLessThanOrEqual(8)
  expect(freed.bytes / CONTENT).toBeGreaterThan(0.5)
})

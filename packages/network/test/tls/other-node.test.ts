import { randomBytes } from 'node:crypto'
import { PassThrough } from 'node:stream'
import type { Socket } from 'node:net'
import type { Libp2p, Stream } from '@libp2p/interface'
import { afterAll, expect, test, vi } from 'vitest'
import { nativeTls } from '../../src/tls/native-tls.ts'
import { loopbackNode } from '../link/swarm-node.ts'

/** A Node whose sockets cannot be made to read into one buffer. */
vi.mock('../../src/records/fixed-reads.ts', { spy: true })
const reads = await import('../../src/records/fixed-reads.ts')

const nodes: Libp2p[] = []
afterAll(async () => {
  await Promise.all(nodes.map(async (node) => node.stop()))
})

test('where Node has other insides, bytes come by events', async () => {
  expect(reads.readFixed(new PassThrough() as unknown as Socket, () => {})).toBe(false)
  vi.mocked(reads.readFixed).mockReturnValue(false)
  for (const _ of [1, 2]) nodes.push(await loopbackNode(undefined, [nativeTls()]))
  const [one, two] = nodes as [Libp2p, Libp2p]
  const sent = randomBytes(3_000_001)
  const arrived = new Promise<Buffer>((resolve) => {
    void two.handle('/test/take/1.0.0', (stream: Stream) => {
      const parts: Uint8Array[] = []
      stream.addEventListener('message', ({ data }) => parts.push(data.slice()))
      stream.addEventListener('remoteCloseWrite', () => resolve(Buffer.concat(parts)))
    })
  })
  const stream = await one.dialProtocol(two.getMultiaddrs(), '/test/take/1.0.0')
  stream.send(sent)
  await stream.close()
  expect((await arrived).equals(sent)).toBe(true)
  expect(reads.readFixed).toHaveBeenCalledTimes(3)
})

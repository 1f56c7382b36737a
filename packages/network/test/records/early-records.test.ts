import { connect, createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, expect, test } from 'vitest'
import { startNode, stopAll } from '../support/nodes.ts'
import { rawPeer, stopRawPeers } from '../support/raw-peer.ts'

const proxies: Server[] = []
afterEach(async () => {
  await stopRawPeers()
  await stopAll()
  for (const proxy of proxies.splice(0)) proxy.close()
})

/** Silence after which a sender has said all that it says by itself, ms. */
const QUIET = 60

/**
 * A way to a port on which what the dialler says after the second message of the noise handshake arrives in one read,
 * but for its last bytes, which come later: the end of the handshake, and the first records up to the middle of one.
 */
async function coalescingProxy(port: number, last: number): Promise<number> {
  const proxy = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) socket.on('error', () => undefined).setNoDelay(true)
    let answers = 0
    far.on('data', (bytes: Buffer) => {
      // The answer to the choice of protocol, and the handshake's second message.
      answers += bytes.byteLength
      near.write(bytes)
    })
    const held: Buffer[] = []
    let timer: NodeJS.Timeout | undefined
    near.on('data', (bytes: Buffer) => {
      if (timer === undefined && answers < 150) return far.write(bytes)
      held.push(bytes)
      clearTimeout(timer)
      timer = setTimeout(() => deliver(far, Buffer.concat(held.splice(0)), last), QUIET)
    })
  })
  proxies.push(proxy)
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return (proxy.address() as AddressInfo).port
}

function deliver(to: Socket, bytes: Buffer, last: number): void {
  to.write(bytes.subarray(0, bytes.byteLength - last))
  setTimeout(() => to.write(bytes.subarray(bytes.byteLength - last)), QUIET)
}

test.each([1, 2, 9, 19])(
  'records that come with the end of the handshake are read, but for %i bytes that come later',
  async (last) => {
    const node = await startNode()
    const [, , , , port = ''] = (node.network.addresses()[0] ?? '').split('/')
    const through = await coalescingProxy(Number(port), last)
    const peer = await rawPeer()
    const connection = await peer.dial(multiaddr(`/ip4/127.0.0.1/tcp/${through}`))
    const stream = await connection.newStream('/ipfs/ping/1.0.0', { signal: AbortSignal.timeout(5000) })
    const { promise, resolve } = Promise.withResolvers<number>()
    stream.addEventListener('message', ({ data }) => resolve(data.byteLength))
    stream.send(new Uint8Array(32))
    expect(await promise).toBe(32)
  }
)

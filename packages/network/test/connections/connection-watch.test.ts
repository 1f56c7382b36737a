import { connect, createServer, type Server, type Socket } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { millis } from '@p2pshare/base'
import { afterEach, expect, test } from 'vitest'
import type { Network } from '../../src/index.ts'
import { startNode, stopAll, until } from '../support/nodes.ts'

const QUICK = {
  look: millis(20),
  quietLinked: millis(100),
  quiet: millis(100),
  answer: millis(1500),
  stuck: millis(5000),
  slept: millis(3000),
  sleptLong: millis(20_000)
}
const signal = (): AbortSignal => AbortSignal.timeout(10_000)

/** A way to a node that can be cut without a word, as by a cable: both sides keep their sockets. */
class Cable {
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  readonly #to: Network

  private constructor(to: Network, server: Server) {
    this.#to = to
    this.#server = server
  }

  static async to(node: Network): Promise<Cable> {
    const port = Number(multiaddr(node.network.addresses()[0] ?? '').getComponents()[1]?.value)
    const server = createServer({ allowHalfOpen: true })
    const cable = new Cable(node, server)
    server.on('connection', (near) => {
      const far = connect(port, '127.0.0.1')
      for (const [one, other] of [
        [near, far],
        [far, near]
      ] as const) {
        cable.#sockets.add(one)
        one.on('error', () => undefined).on('close', () => other.destroy())
        one.pipe(other)
      }
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return cable
  }

  get address(): string {
    const { port } = this.#server.address() as { port: number }
    return `/ip4/127.0.0.1/tcp/${port}/p2p/${this.#to.network.self}`
  }

  cut(): void {
    for (const socket of this.#sockets) socket.unpipe().pause()
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

const cables: Cable[] = []
afterEach(async () => {
  for (const cable of cables.splice(0)) cable.close()
  await stopAll()
})

test.each(['noise', 'tls'] as const)(
  'a connection over %s stays while the other side answers, and ends when nothing comes any more',
  async (encryption) => {
    const far = await startNode({ encryption })
    const cable = await Cable.to(far)
    cables.push(cable)
    const near = await startNode({ encryption, connectionLimits: QUICK })
    await near.network.connect(cable.address, signal())
    // Asked again and again, it answers each time.
    const began = performance.now()
    await until(
      () => performance.now() - began > 8 * QUICK.quiet || near.network.peers().length === 0,
      'time passes'
    )
    expect(near.network.peers()).toHaveLength(1)
    expect(near.network.peers()[0]?.encryption).toBe(encryption)
    cable.cut()
    await until(() => near.network.peers().length === 0, 'it is noticed')
  }
)

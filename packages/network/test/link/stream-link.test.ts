import { peerLinkSuite } from '@p2pshare/testkit'
import { addressOf, forever, loopbackNode, rawStreams, swarmNode } from './swarm-node.ts'

let ends: (() => Promise<unknown>)[] = []

peerLinkSuite('libp2p, tcp, noise and guarded yamux on loopback', {
  async pair() {
    const [a, b] = await Promise.all([swarmNode(), swarmNode()])
    ends.push(
      () => a.stop(),
      () => b.stop()
    )
    const near = await a.links.link(addressOf(b), forever())
    const far = await b.next()
    const crashFar = () => {
      for (const connection of b.node.getConnections()) connection.abort(new Error('crash'))
    }
    return { near, far, crashFar }
  },
  async hostile() {
    const [victim, attacker] = await Promise.all([swarmNode(), loopbackNode()])
    ends.push(
      () => victim.stop(),
      async () => attacker.stop()
    )
    const connection = await attacker.dial(victim.node.getMultiaddrs())
    const { control, data } = await rawStreams(connection)
    return {
      link: await victim.next(),
      sendControl: (raw) => void control.send(raw),
      sendData: (raw) => void data.send(raw)
    }
  },
  async end() {
    await Promise.all(ends.splice(0).map((end) => end()))
    ends = []
  }
})

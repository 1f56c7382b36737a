import { directorySuite } from '@p2pshare/testkit'
import { startNode, stopAll } from './support/nodes.ts'

directorySuite('the DHTs', async () => {
  const first = await startNode()
  const bootstrap = first.network.addresses()
  const others = await Promise.all([startNode({ bootstrap }), startNode({ bootstrap })])
  return {
    peers: [first, ...others].map(({ network, directory }) => ({ self: network.self, directory })),
    close: stopAll
  }
})

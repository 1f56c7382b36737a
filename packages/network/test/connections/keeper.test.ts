import type { PeerLink, PeerName, PeerWorth } from '@p2pshare/ports'
import { afterEach, expect, test } from 'vitest'
import type { Network } from '../../src/index.ts'
import { startNode, stopAll, until } from '../support/nodes.ts'

afterEach(stopAll)

const signal = (): AbortSignal => AbortSignal.timeout(10_000)
const LIMITS = { comfortable: 50, max: 3, maxInbound: 3 }
const moving: PeerWorth = { transferring: true, shares: 1, wanted: true, wanting: true }

async function linked(from: Network, to: Network): Promise<PeerLink> {
  return from.network.link({ peer: to.network.self, addresses: to.network.addresses() }, signal())
}

test('over the limit the least worth goes, told why; a transfer and who is wanted stay', async () => {
  const worths = new Map<PeerName, PeerWorth>()
  const hub = await startNode({ connectionLimits: LIMITS })
  hub.network.setWorth((peer) => worths.get(peer))
  const ends = new Map<PeerName, string>()
  const guests = await Promise.all(Array.from({ length: 4 }, () => startNode()))
  for (const [i, guest] of guests.entries()) {
    const worth = i === 2 ? { ...moving, transferring: false, wanted: false, wanting: false } : moving
    worths.set(guest.network.self, worth)
  }
  for (const guest of guests.slice(0, 3)) {
    const link = await linked(guest, hub)
    link.start({
      onMessage: () => undefined,
      targetFor: () => undefined,
      onData: () => undefined,
      onClose: ({ code }) => ends.set(guest.network.self, code)
    })
  }
  const [, , least, last] = guests as [Network, Network, Network, Network]
  await until(() => hub.network.condition().connections.total === 3, 'three are there')
  // The newcomer is worth more than one of them, which its key shows.
  await last.network.connect(hub.network.addresses()[0] ?? '', signal())
  await until(() => ends.size === 1, 'one had to go')
  expect(ends.get(least.network.self)).toBe('too-many-peers')
  await until(() => hub.network.condition().connections.total === 3, 'its connection is gone')
  expect(hub.network.peers().map(({ peer }) => peer)).not.toContain(least.network.self)
  const stranger = await startNode()
  await stranger.network.connect(hub.network.addresses()[0] ?? '', signal()).catch(() => undefined)
  await until(() => stranger.network.peers().length === 0, 'it is not let in')
  expect(hub.network.peers()).toHaveLength(3)
  expect(ends.size).toBe(1)
})

import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { memberBeacon } from '../../src/node/member-beacon.ts'

/** mDNS without a socket: says what it would announce. */
class Wire extends EventTarget {
  announced: () => Multiaddr[] = () => []
  start(): void {}
  stop(): void {}

  hears(peer: { id: unknown; multiaddrs: Multiaddr[] }): void {
    this.dispatchEvent(new CustomEvent('peer', { detail: peer }))
  }
}

test('announces where a member is, under a made-up peer id, and hears where others are', async () => {
  const peerId = async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
  const self = await peerId()
  const heard: Multiaddr[][] = []
  const wire = new Wire()
  const beacon = await memberBeacon({
    libp2p: {
      getMultiaddrs: () => [multiaddr(`/ip4/192.168.7.7/tcp/4001/p2p/${self}`)],
      logger: {} as never
    },
    tag: '_p2p-0011aabb._udp.local',
    onDiscovered: (near) => heard.push(near),
    service: (() => (components: { addressManager: { getAddresses: () => Multiaddr[] } }) => {
      wire.announced = components.addressManager.getAddresses
      return wire
    }) as never
  })
  beacon.start()
  const [announced] = wire.announced().map(String)
  expect(announced).toMatch(/^\/ip4\/192\.168\.7\.7\/tcp\/4001\/p2p\/12D3Koo/)
  expect(announced).not.toContain(self.toString())
  // Another member's announcement: what no LAN has is left out, and nobody expects the made-up id at the handshake.
  const near = multiaddr('/ip4/192.168.7.8/tcp/4001')
  wire.hears({ id: await peerId(), multiaddrs: [near, multiaddr('/ip4/8.8.8.8/tcp/4001')] })
  wire.hears({ id: await peerId(), multiaddrs: [multiaddr('/ip4/8.8.8.8/tcp/4001')] })
  wire.hears({ id: await peerId(), multiaddrs: Array.from({ length: 100 }, () => near) })
  expect(heard.map((each) => each.length)).toEqual([1, 8])
  expect(heard[0]?.map(String)).toEqual(['/ip4/192.168.7.8/tcp/4001'])
})

import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PeerId } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import type { Kad } from '../../src/dht/kad-internals.ts'
import { keepTableDiverse } from '../../src/dht/table-diversity.ts'
import { TABLE } from '../../src/limits/index.ts'
import { KBucket } from '../support/kad-dht-class.ts'

/** A routing table whose peers are where the test says, and all answer. */
async function table() {
  const self = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
  const where = new Map<string, Multiaddr[]>()
  const events = new EventTarget()
  const kb = new KBucket(
    { peerId: self },
    {
      ping: async function* () {},
      verify: async () => true,
      onAdd: async () => undefined,
      onRemove: async (peer) =>
        void events.dispatchEvent(new CustomEvent('peer:remove', { detail: peer.peerId }))
    }
  )
  await kb.start()
  const routingTable = Object.assign(events, { kb })
  keepTableDiverse(
    { routingTable } as unknown as Kad,
    {
      getConnections: () => [],
      peerStore: {
        getInfo: async (peer: PeerId) => ({ id: peer, multiaddrs: where.get(peer.toString()) ?? [] })
      }
    } as never
  )
  const add = async (address: string): Promise<PeerId> => {
    const peer = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
    where.set(peer.toString(), [multiaddr(address)])
    await kb.add(peer)
    return peer
  }
  return { kb, add, where }
}

function buckets(
  root: { peers?: { peerId: PeerId }[]; left?: object; right?: object } | undefined
): PeerId[][] {
  if (root === undefined) return []
  if (root.peers !== undefined) return [root.peers.map(({ peerId }) => peerId)]
  return [...buckets(root.left), ...buckets(root.right)]
}

test('a /24 gets at most two places of a bucket and eight in all, whoever comes first', async () => {
  const { kb, add, where } = await table()
  for (let i = 0; i < 300; i++) await add(`/ip4/5.5.${i >> 8}.${i & 255}/tcp/4001`)
  for (let i = 0; i < 300; i++)
    await add(`/ip4/${20 + (i % 200)}.${i}.1.1/tcp/4001`.replace(/\.(\d{3,})\./, '.9.'))
  for (let i = 0; i < 100; i++)
    await add(`/ip6/2a00:1:2:3${(i % 100).toString().padStart(2, '0')}::1/tcp/4001`)
  const ofNet = (peers: readonly PeerId[], net: string): number =>
    peers.filter((peer) => where.get(peer.toString())?.[0]?.toString().includes(net)).length
  for (const net of ['/5.5.0.', '/5.5.1.', '/ip6/2a00:1:2:3']) {
    expect(ofNet(buckets(kb.root).flat(), net)).toBeLessThanOrEqual(TABLE.perNet)
    for (const bucket of buckets(kb.root))
      expect(ofNet(bucket, net)).toBeLessThanOrEqual(TABLE.perNetInBucket)
  }
  expect(buckets(kb.root).flat().length).toBeGreaterThan(50)
})

test('who leaves makes room for another of its block; LANs and loopback are free', async () => {
  const { kb, add } = await table()
  const first = await add('/ip4/5.5.5.1/tcp/1')
  await add('/ip4/5.5.5.2/tcp/1')
  await add('/ip4/5.5.5.3/tcp/1')
  expect(kb.count()).toBe(2)
  const contact = [...kb.toIterable()].find(({ peerId }) => peerId.equals(first))
  await kb.remove(contact?.kadId ?? new Uint8Array(32))
  await add('/ip4/5.5.5.4/tcp/1')
  expect(kb.count()).toBe(2)
  for (let i = 0; i < 15; i++) await add(`/ip4/192.168.1.${i}/tcp/1`)
  expect(kb.count()).toBe(17)
})

import { generateKeyPair } from '@libp2p/crypto/keys'
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import { peerRecordSuite } from '@p2pshare/testkit'
import { describe, expect, test } from 'vitest'
import { openPeerRecord, OwnRecords } from '../../src/node/peer-record.ts'
import { reachOf } from '../../src/node/record-addresses.ts'
import { startNode, stopAll } from '../support/nodes.ts'

peerRecordSuite('libp2p', { network: async () => (await startNode()).network, end: stopAll })

const ID = '12D3KooWHpVouE4N2gdUks8VmDEr8iepXVAjBWzddqXeCvwH5h5x'
const key = await generateKeyPair('Ed25519')
const self = peerIdFromPrivateKey(key).toString()
const PUBLIC = '/ip4/8.8.4.4/tcp/4001'

/** A record as any implementation may seal it. */
async function sealed(
  addresses: readonly string[],
  {
    signer = key,
    subject = key,
    sequence = 7n
  }: { signer?: PrivateKey; subject?: PrivateKey; sequence?: bigint } = {}
): Promise<Uint8Array> {
  const record = new PeerRecord({
    peerId: peerIdFromPrivateKey(subject),
    multiaddrs: addresses.map((address) => multiaddr(address)),
    seqNumber: sequence
  })
  return (await RecordEnvelope.seal(record, signer)).marshal()
}

describe('addresses of records', () => {
  test.each([
    ['/ip4/127.0.0.1/tcp/4001', 'lan'],
    ['/ip4/192.168.1.7/tcp/4001', 'lan'],
    ['/ip6/fd00::1/tcp/4001', 'lan'],
    ['/ip6/::ffff:10.0.0.1/tcp/4001', 'lan'],
    ['/ip4/8.8.4.4/tcp/1024', 'public'],
    [`/ip6/2a00:1450::1/tcp/65535/p2p/${ID}`, 'public'],
    ['/ip4/8.8.4.4/tcp/0', undefined],
    ['/ip4/8.8.4.4/tcp/25', undefined],
    ['/ip4/8.8.4.4/tcp/1023', undefined],
    ['/ip4/0.0.0.0/tcp/4001', undefined],
    ['/ip4/100.64.0.1/tcp/4001', undefined],
    ['/ip4/224.0.0.251/tcp/5353', undefined],
    ['/ip4/255.255.255.255/tcp/4001', undefined],
    ['/ip6/::/tcp/4001', undefined],
    ['/ip6/ff02::fb/tcp/5353', undefined],
    // Ways to write an IPv4 address of a LAN that a translator may follow.
    ['/ip6/64:ff9b::a01:203/tcp/4001', undefined],
    ['/ip6/2002:a01:203::1/tcp/4001', undefined],
    ['/ip6/::a01:203/tcp/4001', undefined],
    ['/ip6zone/eth0/ip6/fe80::1/tcp/4001', undefined],
    ['/dns4/localhost/tcp/4001', undefined],
    ['/dns4/example.com/tcp/4001', undefined],
    ['/ip4/8.8.4.4/udp/4001/quic-v1', undefined],
    ['/ip4/8.8.4.4/tcp/4001/ws', undefined],
    [`/ip4/8.8.4.4/tcp/4001/p2p/${ID}/p2p-circuit`, 'public'],
    [`/ip4/8.8.4.4/tcp/4001/p2p/${ID}/p2p-circuit/p2p/${ID}`, 'public'],
    // A relay without a name, in a LAN, behind a name, behind another relay, or at a service's port.
    ['/ip4/8.8.4.4/tcp/4001/p2p-circuit', undefined],
    [`/ip4/192.168.1.2/tcp/4001/p2p/${ID}/p2p-circuit`, undefined],
    [`/dns4/example.com/tcp/4001/p2p/${ID}/p2p-circuit`, undefined],
    [`/ip4/8.8.4.4/tcp/4001/p2p/${ID}/p2p-circuit/p2p/${ID}/p2p-circuit`, undefined],
    [`/ip4/8.8.4.4/tcp/25/p2p/${ID}/p2p-circuit`, undefined]
  ])('%s: %s', (address, reach) => {
    expect(reachOf(multiaddr(address))).toBe(reach)
  })
})

describe('our own record', () => {
  const records = (addresses: string[], wallTime = () => 1_000_000): OwnRecords =>
    new OwnRecords(key, () => addresses.map((address) => multiaddr(address)), { wallTime })

  test('tells the internet public addresses only, the LAN all of them, loopback last', async () => {
    const own = records([
      `/ip4/127.0.0.1/tcp/4001/p2p/${self}`,
      `/ip4/10.0.0.5/tcp/4001/p2p/${self}`,
      `${PUBLIC}/p2p/${self}`,
      '/dns4/example.com/tcp/4001'
    ])
    const [lan, open] = await Promise.all([own.own('lan'), own.own('public')])
    expect(await openPeerRecord(lan as Uint8Array)).toMatchObject({
      peer: self,
      addresses: [PUBLIC, '/ip4/10.0.0.5/tcp/4001', '/ip4/127.0.0.1/tcp/4001'],
      hasPrivate: true
    })
    expect(await openPeerRecord(open as Uint8Array)).toMatchObject({
      addresses: [PUBLIC],
      hasPrivate: false
    })
  })

  test('names the relay on the way, and the peer itself only beside the addresses', async () => {
    const own = records([`${PUBLIC}/p2p/${ID}/p2p-circuit/p2p/${self}`])
    expect(await openPeerRecord((await own.own('public')) as Uint8Array)).toMatchObject({
      addresses: [`${PUBLIC}/p2p/${ID}/p2p-circuit`],
      hasPrivate: false
    })
  })

  test('has eight addresses at most, and none when there is nothing to tell', async () => {
    const many = records(Array.from({ length: 30 }, (_, i) => `/ip4/10.0.0.${i + 1}/tcp/4001`))
    expect((await openPeerRecord((await many.own('lan')) as Uint8Array))?.addresses).toHaveLength(8)
    expect(await many.own('public')).toBeUndefined()
  })

  test('is signed again, with a higher number, when an address changes, though the clock went back', async () => {
    const addresses = [PUBLIC]
    let time = 2000
    const own = records(addresses, () => time)
    const first = (await own.own('public')) as Uint8Array
    time = 1000
    expect(await own.own('public')).toBe(first)
    addresses.push('/ip4/8.8.8.8/tcp/4001')
    const second = await openPeerRecord((await own.own('public')) as Uint8Array)
    expect(second?.addresses).toHaveLength(2)
    expect(second?.sequence).toBeGreaterThan((await openPeerRecord(first))?.sequence ?? 0n)
  })
})

describe('records of others', () => {
  test('a good one is read', async () => {
    expect(await openPeerRecord(await sealed([`${PUBLIC}/p2p/${self}`]))).toEqual({
      peer: self,
      addresses: [PUBLIC],
      hasPrivate: false,
      sequence: 7n
    })
  })

  test('useless addresses are left out, and keep the record from being told to the internet', async () => {
    const opened = await openPeerRecord(
      await sealed([PUBLIC, '/dns4/router.lan/tcp/8080', '/ip4/8.8.8.8/tcp/22'])
    )
    expect(opened).toMatchObject({ addresses: [PUBLIC], hasPrivate: true })
  })

  test.each([
    [
      'about another peer than the signer',
      async () => sealed([PUBLIC], { subject: await generateKeyPair('Ed25519') })
    ],
    ['without an address', () => sealed([])],
    [
      'with names and relays of a LAN only',
      () => sealed([`/ip4/10.0.0.5/tcp/4001/p2p/${ID}/p2p-circuit`, '/dnsaddr/example.com'])
    ],
    [
      'with nine addresses',
      () => sealed(Array.from({ length: 9 }, (_, i) => `/ip4/8.8.4.${i + 1}/tcp/4001`))
    ],
    [
      'over 1 KiB',
      () => sealed(Array.from({ length: 8 }, () => `${PUBLIC}/${'p2p-circuit/'.repeat(60)}p2p/${ID}`))
    ],
    [
      'of another kind',
      async () => {
        const record = new PeerRecord({ peerId: peerIdFromPrivateKey(key), multiaddrs: [multiaddr(PUBLIC)] })
        record.codec = new Uint8Array([3, 2])
        return (await RecordEnvelope.seal(record, key)).marshal()
      }
    ],
    [
      'signed for another purpose',
      async () => {
        const record = new PeerRecord({ peerId: peerIdFromPrivateKey(key), multiaddrs: [multiaddr(PUBLIC)] })
        record.domain = 'elsewhere'
        return (await RecordEnvelope.seal(record, key)).marshal()
      }
    ]
  ])('one %s is worth nothing', async (_what, make) => {
    expect(await openPeerRecord(await make())).toBeUndefined()
  })

  test('a huge RSA key is not even looked at', async () => {
    const record = new Uint8Array(2300).fill(0x30)
    record.set([0x0a, 0x80, 0x10, 0x08, 0x00, 0x12])
    expect(await openPeerRecord(record)).toBeUndefined()
  })
})

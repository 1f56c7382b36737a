import type { Connection, ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface'
import { millis } from '@p2pshare/base'
import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { hostBlock, inScope } from '../../src/node/address-scope.ts'
import { createGater as create, type GaterInit } from '../../src/node/gater.ts'

let now = 0
const clock = { now: () => millis(now) }
const createGater = (init: Omit<GaterInit, 'clock'>): ConnectionGater => create({ ...init, clock }).gater

const peer = (name: string): PeerId =>
  ({ toString: () => name, equals: (other: PeerId) => other.toString() === name }) as unknown as PeerId
const connection = (address: string, name = 'x'): Connection =>
  ({ remoteAddr: multiaddr(address), remotePeer: peer(name), direction: 'inbound' }) as unknown as Connection
const incoming = (address: string): MultiaddrConnection =>
  Object.assign(new EventTarget(), {
    remoteAddr: multiaddr(address),
    abort(this: EventTarget) {
      this.dispatchEvent(new Event('close'))
    }
  }) as unknown as MultiaddrConnection

const lan = [
  '/ip4/127.0.0.1/tcp/1',
  '/ip4/10.1.2.3/tcp/1',
  '/ip4/172.31.0.1/tcp/1',
  '/ip4/192.168.1.1/tcp/1',
  '/ip4/169.254.1.1/tcp/1',
  '/ip6/::1/tcp/1',
  '/ip6/fd00::1/tcp/1',
  '/ip6zone/eth0/ip6/fe80::1/tcp/1',
  '/ip6/::ffff:192.168.1.1/tcp/1'
]
const outside = [
  '/ip4/8.8.8.8/tcp/1',
  '/ip4/172.32.0.1/tcp/1',
  '/ip4/11.0.0.1/tcp/1',
  '/ip6/2001:4860::8888/tcp/1',
  '/ip6/::ffff:8.8.8.8/tcp/1',
  '/ip6/64:ff9b::a01:203/tcp/1',
  '/dns4/localhost/tcp/1',
  '/dns4/example.com/tcp/1',
  '/dnsaddr/example.com',
  '/ip4/0.0.0.0/tcp/1',
  '/ip4/127.0.0.1/tcp/1/p2p/12D3KooWHpVouE4N2gdUks8VmDEr8iepXVAjBWzddqXeCvwH5h5x/p2p-circuit'
]

describe('the local network', () => {
  const gater = createGater({ scope: 'lan', admits: () => true, connections: () => [] })
  test.each(lan)('%s may be dialled and accepted', (address) => {
    expect(gater.denyDialMultiaddr?.(multiaddr(address))).toBe(false)
    expect(gater.denyInboundConnection?.(incoming(address))).toBe(false)
    expect(inScope(multiaddr(address), 'public')).toBe(false)
  })
  test.each(outside)('%s may not', (address) => {
    expect(gater.denyDialMultiaddr?.(multiaddr(address))).toBe(true)
    expect(gater.denyInboundConnection?.(incoming(address))).toBe(true)
  })
})

test('one address block gets 8 connections, this machine any number', () => {
  const connections: Connection[] = []
  const gater = createGater({ scope: 'any', admits: () => true, connections: () => connections })
  for (let i = 0; i < 8; i++) {
    const one = incoming('/ip4/9.9.9.9/tcp/5')
    now += 1000
    expect(gater.denyInboundConnection?.(one)).toBe(false)
    expect(gater.denyInboundUpgradedConnection?.(peer('x'), one)).toBe(false)
    connections.push(
      connection('/ip4/9.9.9.9/tcp/5', `x${i}`),
      connection(`/ip6/2001:db8:0:ff${i}::1/tcp/5`, `y${i}`),
      connection('/ip4/127.0.0.1/tcp/5', `z${i}`)
    )
  }
  expect(gater.denyInboundConnection?.(incoming('/ip4/9.9.9.9/tcp/6'))).toBe(true)
  expect(gater.denyInboundConnection?.(incoming('/ip6/::ffff:9.9.9.9/tcp/6'))).toBe(true)
  expect(gater.denyInboundConnection?.(incoming('/ip6/2001:db8:0:faa::9/tcp/6'))).toBe(true)
  expect(gater.denyInboundConnection?.(incoming('/ip4/9.9.9.8/tcp/6'))).toBe(false)
  expect(gater.denyInboundConnection?.(incoming('/ip4/127.0.0.1/tcp/6'))).toBe(false)
})

test('one peer gets 4 connections, a banned one none', async () => {
  const connections = Array.from({ length: 4 }, () => connection('/ip4/127.0.0.1/tcp/5', 'greedy'))
  const gater = createGater({
    scope: 'any',
    admits: (name) => name !== 'banned',
    connections: () => connections
  })
  const of = incoming('/ip4/127.0.0.1/tcp/5')
  expect(await gater.denyInboundEncryptedConnection?.(peer('greedy'), of)).toBe(true)
  expect(await gater.denyInboundEncryptedConnection?.(peer('other'), of)).toBe(false)
  expect(await gater.denyInboundEncryptedConnection?.(peer('banned'), of)).toBe(true)
  expect(await gater.denyDialPeer?.(peer('banned'))).toBe(true)
})

test('blocks are IPv4 addresses and IPv6 /56', () => {
  expect(hostBlock('1.2.3.4')).toBe('1.2.3.4')
  expect(hostBlock('2001:db8:1:2ff::1')).toBe(hostBlock('2001:0db8:0001:0200:9::'))
  expect(hostBlock('2001:db8:1:2ff::1')).not.toBe(hostBlock('2001:db8:1:3ff::1'))
  expect(hostBlock('::ffff:1.2.3.4')).toBe('1.2.3.4')
  expect(hostBlock('::ffff:102:304')).toBe('1.2.3.4')
  expect(hostBlock('::1')).toBe('00000000000000')
})

test('what is open counts once it is, what we dialled has a limit of its own, relays none', () => {
  const connections: Connection[] = []
  const gater = createGater({ scope: 'any', admits: () => true, connections: () => connections })
  const [early, late] = [incoming('/ip4/9.9.9.9/tcp/5'), incoming('/ip4/9.9.9.9/tcp/6')]
  for (const one of [early, late]) expect(gater.denyInboundConnection?.(one)).toBe(false)
  for (let i = 0; i < 8; i++) connections.push(connection('/ip4/9.9.9.9/tcp/7', `x${i}`))
  expect(gater.denyInboundUpgradedConnection?.(peer('late'), late)).toBe(true)
  const dialled = (): boolean =>
    gater.denyOutboundConnection?.(peer('p'), incoming('/ip4/9.9.9.9/tcp/1')) as boolean
  for (let i = 0; i < 16; i++) {
    expect(dialled()).toBe(false)
    connections.push({ ...connection('/ip4/9.9.9.9/tcp/1', `o${i}`), direction: 'outbound' })
  }
  expect(dialled()).toBe(true)
  const relay = '12D3KooWHpVouE4N2gdUks8VmDEr8iepXVAjBWzddqXeCvwH5h5x'
  const relayed = `/ip4/9.9.9.9/tcp/1/p2p/${relay}/p2p-circuit`
  expect(gater.denyInboundConnection?.(incoming(relayed))).toBe(false)
  for (let i = 0; i < 4; i++) connections.push(connection(relayed, 'far'))
  expect(gater.denyInboundEncryptedConnection?.(peer('far'), incoming(relayed))).toBe(true)
  expect(gater.denyInboundEncryptedConnection?.(peer('near'), incoming(relayed))).toBe(false)
})

test('eight handshakes of one block at a time; this machine is exempt, however it is written', () => {
  const gater = createGater({ scope: 'any', admits: () => true, connections: () => [] })
  const waiting = Array.from({ length: 8 }, () => incoming('/ip4/9.9.9.7/tcp/5'))
  for (const one of waiting) expect(gater.denyInboundConnection?.(one)).toBe(false)
  expect(gater.denyInboundConnection?.(incoming('/ip6/::ffff:9.9.9.7/tcp/5'))).toBe(true)
  waiting[0]?.abort(new Error('gone'))
  expect(gater.denyInboundConnection?.(incoming('/ip4/9.9.9.7/tcp/5'))).toBe(false)
  for (let i = 0; i < 40; i++)
    for (const own of ['/ip4/127.0.0.1/tcp/5', '/ip6/::1/tcp/5', '/ip6/::ffff:127.0.0.1/tcp/5'])
      expect(gater.denyInboundConnection?.(incoming(own))).toBe(false)
})

test('without a place nobody begins, and who is known may be worth one', () => {
  const places = (wanted?: string): boolean => wanted === 'friend'
  const gater = createGater({ scope: 'any', admits: () => true, connections: () => [], hasPlace: places })
  const one = incoming('/ip4/9.9.9.9/tcp/5')
  expect(gater.denyInboundConnection?.(one)).toBe(true)
  expect(gater.denyInboundEncryptedConnection?.(peer('friend'), one)).toBe(false)
  expect(gater.denyInboundEncryptedConnection?.(peer('other'), one)).toBe(true)
})

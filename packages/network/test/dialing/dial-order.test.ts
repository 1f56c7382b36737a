import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { dialOrder } from '../../src/dialing/dial-order.ts'
import { OwnSubnets } from '../../src/dialing/own-subnets.ts'

const lan = new OwnSubnets(
  () => 0,
  () => [
    { address: '192.168.7.20', cidr: '192.168.7.20/24', internal: false },
    { address: 'fd00:7::20', cidr: 'fd00:7::20/64', internal: false },
    { address: '127.0.0.1', cidr: '127.0.0.1/8', internal: true }
  ]
)

test('private addresses fit when they lie in a subnet of this machine, loopback never', () => {
  for (const host of ['192.168.7.99', 'fd00:7::99']) expect(lan.has(host), host).toBe(true)
  for (const host of ['192.168.8.1', '10.0.0.1', 'fd00:8::1', '127.0.0.1', '::1', '93.184.216.34'])
    expect(lan.has(host), host).toBe(false)
})

test('our LAN comes first, relays last; IPv6 and IPv4 take turns', () => {
  const texts = [
    '/ip4/127.0.0.1/tcp/4001',
    '/ip4/10.1.1.1/tcp/4001',
    '/ip4/93.184.216.34/tcp/4001',
    '/ip4/93.184.216.35/tcp/4001',
    '/ip6/2606:2800::1/tcp/4001',
    '/ip4/93.184.216.36/tcp/4001/p2p/QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN/p2p-circuit',
    '/ip4/192.168.7.9/tcp/4001'
  ]
  const order = dialOrder(
    texts.map((text) => multiaddr(text)),
    (host) => lan.has(host)
  )
  expect(order.map(({ text }) => texts.indexOf(text))).toEqual([6, 4, 2, 3, 1, 0, 5])
  expect(order.map(({ relayed }) => relayed)).toEqual([false, false, false, false, false, false, true])
})

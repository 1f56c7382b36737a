import { expect, test } from 'vitest'
import { chooseRoute, gatewayIn, inNetwork } from '../../../src/reach/mapping/route.ts'

const HEAD = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT'

test('the default gateway with the lowest metric, among routes that are up', () => {
  const table = [
    HEAD,
    'wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0',
    'eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    'eth1\t00000000\t0103A8C0\t0002\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0',
    ''
  ].join('\n')
  expect(gatewayIn(table)).toBe('192.168.1.1')
  expect(gatewayIn(HEAD)).toBeUndefined()
  expect(gatewayIn('nonsense\nmore nonsense')).toBeUndefined()
})

test('our address is the one in the network of the gateway', () => {
  const addresses = [
    { address: '172.17.0.1', prefix: 16 },
    { address: '192.168.1.7', prefix: 24 }
  ]
  expect(chooseRoute('192.168.1.1', addresses)?.local).toBe('192.168.1.7')
  expect(chooseRoute('10.0.0.1', addresses)).toBeUndefined()
  expect(chooseRoute(undefined, addresses)?.local).toBe('172.17.0.1')
  // A public address needs no mapping, and loopback can have none.
  expect(chooseRoute(undefined, [{ address: '5.5.0.2', prefix: 24 }])).toBeUndefined()
  expect(chooseRoute(undefined, [{ address: '127.0.0.1', prefix: 8 }])).toBeUndefined()
})

test.each([
  ['10.1.2.3', '10.1.2.9', 24, true],
  ['10.1.3.3', '10.1.2.9', 24, false],
  ['10.1.3.3', '10.1.2.9', 23, true],
  ['9.9.9.9', '10.1.2.9', 0, true],
  ['10.1.2.3', '10.1.2.9', 32, false],
  ['::1', '10.1.2.9', 0, false]
])('%s in the network of %s/%d: %s', (host, member, prefix, inside) => {
  expect(inNetwork(host, member, prefix)).toBe(inside)
})

import type { AddressCondition, RelayCondition } from '@p2pshare/ports'
import { expect, test } from 'vitest'
import { REACH } from '../../src/limits/index.ts'
import { ObservedHosts } from '../../src/reach/observed-hosts.ts'
import { publicTcp } from '../../src/reach/public-host.ts'
import { reachFrom } from '../../src/reach/reach.ts'
import { RequestBudget } from '../../src/reach/request-budget.ts'

const of = (
  verified: AddressCondition['verified'],
  origin: AddressCondition['origin'] = 'listen'
): AddressCondition => ({ address: '/ip4/5.5.1.2/tcp/1', origin, verified })
const relay = (state: RelayCondition['state']): RelayCondition => ({
  relay: '12D3',
  state,
  expires: undefined,
  text: undefined
})

test.each<[string, AddressCondition[], RelayCondition[], boolean, string]>([
  ['nothing', [], [], true, 'unknown'],
  ['nothing, and deaf', [], [], false, 'none'],
  ['only LAN addresses', [of('unasked')], [], true, 'unknown'],
  ['not tried yet', [of('pending'), of('unasked')], [], true, 'unknown'],
  ['one works', [of('no'), of('yes')], [], true, 'direct'],
  ['none works', [of('no'), of('no'), of('unasked')], [], true, 'none'],
  ['one fails, one is not tried', [of('no'), of('pending')], [], true, 'unknown'],
  ['none works, but a relay has a place', [of('no')], [relay('reserved')], true, 'relayed'],
  ['deaf, but a relay has a place', [], [relay('reserved')], false, 'relayed'],
  ['a relay refuses', [of('no')], [relay('refused'), relay('lost'), relay('asking')], true, 'none'],
  ['a relayed address is not a direct one', [of('yes', 'relay')], [relay('reserved')], true, 'relayed']
])('%s', (_, addresses, relays, listens, expected) => {
  expect(reachFrom(addresses, relays, listens)).toBe(expected)
})

test('observed hosts: what most address blocks say, each with one voice, and bounded', () => {
  const hosts = new ObservedHosts()
  hosts.note('5.5.9.9', 'a')
  hosts.note('5.5.1.2', 'b')
  hosts.note('5.5.1.2', 'c')
  hosts.note('2a00::1', 'd')
  expect(hosts.likely()).toEqual(['2a00::1', '5.5.1.2', '5.5.9.9'])
  hosts.note('5.5.1.2', 'a')
  expect(hosts.likely()).toEqual(['2a00::1', '5.5.1.2'])
  for (let i = 0; i < 10_000; i++) hosts.note(`5.6.${i >> 8}.${i & 255}`, `block ${i}`)
  expect(hosts.likely().length).toBeLessThanOrEqual(2 * REACH.observedTaken)
  hosts.clear()
  expect(hosts.likely()).toEqual([])
})

test('a budget of requests: in all and for one address block, anew each minute', () => {
  const budget = new RequestBudget()
  const taken = (block: string, now: number, tries: number): number =>
    Array.from({ length: tries }, () => budget.take(block, now)).filter(Boolean).length
  expect(taken('a', 0, 100)).toBe(REACH.servedPerBlock)
  expect(Array.from({ length: 100 }, (_, i) => taken(`b${i}`, 1, 1)).filter((n) => n === 1)).toHaveLength(
    REACH.servedPerMinute - REACH.servedPerBlock
  )
  expect(taken('a', 60_000, 1)).toBe(1)
})

test.each([
  ['/ip4/5.5.1.2/tcp/4001', { host: '5.5.1.2', port: '4001' }],
  [
    '/ip4/5.5.1.2/tcp/4001/p2p/12D3KooWBmAwcd4PJNJvfV89HwE48nwkRmAgo8Vy3uQEyNNHBox2',
    { host: '5.5.1.2', port: '4001' }
  ],
  ['/ip4/192.168.1.2/tcp/4001', undefined],
  ['/ip4/100.64.1.2/tcp/4001', undefined],
  ['/ip4/5.5.1.2/udp/4001', undefined],
  ['/ip4/5.5.1.2/tcp/4001/ws', undefined],
  ['/dns4/example.org/tcp/4001', undefined],
  ['/ip4/5.5.1.2/tcp/4001/p2p/12D3KooWBmAwcd4PJNJvfV89HwE48nwkRmAgo8Vy3uQEyNNHBox2/p2p-circuit', undefined]
])('%s', (address, expected) => {
  expect(publicTcp(address)).toEqual(expected)
})

import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { BoundInterface, checkListen, listenNow } from '../../src/connections/bound-interface.ts'
import { bareAddress, changeOf } from '../../src/connections/local-addresses.ts'

const LOCAL = new Map([
  ['lo', ['127.0.0.1', '::1']],
  ['eth0', ['192.0.2.5', '2001:db8::5', 'fe80::5']],
  ['wg0', ['198.51.100.9']],
  ['dead0', ['fe80::7']]
])
const EVERYWHERE = ['/ip4/0.0.0.0/tcp/4001', '/ip6/::/tcp/4001']
const bound = (name: string, local = LOCAL): BoundInterface => new BoundInterface(name, local)
const source = (of: BoundInterface, target: string): string | undefined => of.sourceFor(multiaddr(target))

describe('what is bound', () => {
  test('an interface gives its addresses, an address itself, while they are there', () => {
    expect(bound('eth0').addresses).toEqual({ ip4: '192.0.2.5', ip6: '2001:db8::5' })
    expect(bound('wg0').addresses).toEqual({ ip4: '198.51.100.9', ip6: undefined })
    expect(bound('192.0.2.5').addresses).toEqual({ ip4: '192.0.2.5', ip6: undefined })
    expect(bound('127.0.0.2').missing).toBe(false)
    for (const absent of ['tun7', '192.0.2.99', 'dead0']) expect(bound(absent).missing).toBe(true)
  })

  test.each(['', '0.0.0.0', '::', 'x'.repeat(65)])('"%s" is refused', (name) => {
    expect(() => bound(name)).toThrow(expect.objectContaining({ code: 'network.bad-bind' }))
  })

  test('a dial gets a source of its family, or none and must not be made', () => {
    const wg = bound('wg0')
    expect(source(wg, '/ip4/9.9.9.9/tcp/1')).toBe('198.51.100.9')
    expect(source(wg, '/ip6/2001:db8::9/tcp/1')).toBeUndefined()
    expect(source(wg, '/dns6/example.com/tcp/1')).toBeUndefined()
    expect(source(wg, '/dns/example.com/tcp/1')).toBe('198.51.100.9')
    wg.update(new Map([['eth0', ['192.0.2.5']]]))
    expect(source(wg, '/ip4/9.9.9.9/tcp/1')).toBeUndefined()
    expect(source(wg, '/ip4/127.0.0.1/tcp/1')).toBeUndefined()
    wg.update(new Map([['wg0', ['198.51.100.77']]]))
    expect(source(wg, '/ip4/9.9.9.9/tcp/1')).toBe('198.51.100.77')
  })
})

describe('where is listened', () => {
  test('everywhere, where nothing is bound; on one address only while it is there', () => {
    expect(listenNow(EVERYWHERE, LOCAL, undefined)).toEqual(EVERYWHERE)
    const old = new Map([['eth0', ['192.0.2.5']]])
    expect(listenNow(EVERYWHERE, old, undefined)).toEqual(EVERYWHERE.slice(0, 1))
    const two = ['/ip4/192.0.2.5/tcp/1', '/ip4/192.0.2.6/tcp/1', '/ip4/127.0.0.3/tcp/1']
    expect(listenNow(two, LOCAL, undefined)).toEqual([two[0], two[2]])
  })

  test('"everywhere" is what is bound, and nothing while that is gone', () => {
    expect(listenNow(EVERYWHERE, LOCAL, bound('eth0'))).toEqual([
      '/ip4/192.0.2.5/tcp/4001',
      '/ip6/2001:db8::5/tcp/4001'
    ])
    expect(listenNow(EVERYWHERE, LOCAL, bound('wg0'))).toEqual(['/ip4/198.51.100.9/tcp/4001'])
    expect(listenNow(EVERYWHERE, LOCAL, bound('tun7'))).toEqual([])
  })

  test('an address elsewhere is a conflict, one of the interface is not', () => {
    expect(() => checkListen(['/ip4/192.0.2.5/tcp/1'], bound('wg0'))).toThrow(
      expect.objectContaining({ code: 'network.bind-conflict' })
    )
    expect(() => checkListen(['/ip4/127.0.0.1/tcp/1'], bound('127.0.0.2'))).toThrow('bind')
    checkListen([...EVERYWHERE, '/ip4/198.51.100.9/tcp/1'], bound('wg0'))
    // While it runs an address may change: then nothing is listened on there.
    expect(listenNow(['/ip4/192.0.2.5/tcp/1'], LOCAL, bound('wg0'))).toEqual([])
    expect(listenNow(['/ip4/198.51.100.9/tcp/1'], LOCAL, bound('wg0'))).toHaveLength(1)
  })
})

test('what came and went between two looks', () => {
  const after = new Map([
    ['lo', ['127.0.0.1', '::1']],
    ['eth0', ['192.0.2.8', '2001:db8::5', 'fe80::5']]
  ])
  const { gone, come } = changeOf(LOCAL, after)
  expect([...gone].sort()).toEqual(['192.0.2.5', '198.51.100.9', 'fe80::7'])
  expect([...come]).toEqual(['192.0.2.8'])
  expect(bareAddress('::ffff:192.0.2.1')).toBe('192.0.2.1')
  expect(bareAddress('fe80::1%eth0')).toBe('fe80::1')
})

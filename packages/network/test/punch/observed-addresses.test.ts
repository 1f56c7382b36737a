import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { PUNCH } from '../../src/limits/index.ts'
import {
  natKind,
  type Observation,
  ObservedAddresses,
  outerAddresses
} from '../../src/punch/observed-addresses.ts'

function seen(block: string, host: string, port: number): Observation {
  return { block, host, port }
}

const OWN = (host: string): boolean => host === '5.5.9.9'
const MANY = Array.from({ length: 3 }, (_, i) => seen(`8.8.8.${i}`, '5.5.1.2', 4000))

describe('natKind', () => {
  test.each<[string, Observation[], string]>([
    ['nobody', [], 'unknown'],
    ['one observer', [seen('8.8.8.8', '5.5.1.2', 4000)], 'unknown'],
    ['one that sees an address of ours', [seen('8.8.8.8', '5.5.9.9', 4000)], 'none'],
    ['two that see the same', MANY.slice(0, 2), 'endpoint-independent'],
    [
      'two that see two ports',
      [seen('8.8.8.8', '5.5.1.2', 1), seen('9.9.9.9', '5.5.1.2', 2)],
      'endpoint-dependent'
    ],
    [
      'two that see two hosts',
      [seen('8.8.8.8', '5.5.1.2', 1), seen('9.9.9.9', '5.5.1.3', 1)],
      'endpoint-dependent'
    ],
    ['one liar among four', [...MANY, seen('6.6.6.6', '7.7.7.7', 7)], 'endpoint-independent'],
    ['one liar that names us', [...MANY, seen('6.6.6.6', '5.5.9.9', 7)], 'endpoint-independent'],
    [
      'IPv6 beside IPv4',
      [...MANY, seen('2001', '2a00::1', 1), seen('2002', '2a00::1', 2)],
      'endpoint-independent'
    ],
    ['IPv6 alone', [seen('2001', '2a00::1', 1), seen('2002', '2a00::1', 1)], 'endpoint-independent']
  ])('of %s', (_, observations, kind) => {
    expect(natKind(observations, OWN)).toBe(kind)
  })
})

describe('ObservedAddresses', () => {
  const from = (i: number): ReturnType<typeof multiaddr> =>
    multiaddr(`/ip4/8.${i >> 8}.${i & 255}.1/tcp/4001`)
  const outside = multiaddr('/ip4/5.5.1.2/tcp/4000')

  test('gives the address that most saw first, a few at most', () => {
    const observed = new ObservedAddresses()
    for (let i = 0; i < 6; i++) observed.note(`liar${i}`, from(i), multiaddr(`/ip4/7.7.7.${i}/tcp/7`))
    observed.note('a', from(20), outside)
    observed.note('b', from(21), outside)
    const addresses = outerAddresses(observed.all)
    expect(addresses[0]).toBe(outside.toString())
    expect(addresses).toHaveLength(PUNCH.maxAddresses)
  })

  test('counts the observers of one block once, and forgets them with their connection', () => {
    const observed = new ObservedAddresses()
    observed.note('a', multiaddr('/ip4/8.8.8.8/tcp/1'), multiaddr('/ip4/7.7.7.7/tcp/7'))
    observed.note('b', multiaddr('/ip4/8.8.8.8/tcp/2'), multiaddr('/ip4/7.7.7.7/tcp/7'))
    expect(observed.all).toHaveLength(1)
    observed.forget('a')
    observed.forget('b')
    expect(observed.all).toEqual([])
  })

  test('takes no private addresses, names or relays, and a bounded number of words', () => {
    const observed = new ObservedAddresses()
    for (const bad of [
      '/ip4/10.0.0.1/tcp/1',
      '/ip4/127.0.0.1/tcp/1',
      '/dns4/example.com/tcp/1',
      '/ip4/5.5.1.2/udp/1'
    ])
      observed.note(bad, from(1), multiaddr(bad))
    observed.note('named', multiaddr('/dns4/example.com/tcp/1'), outside)
    expect(observed.all).toEqual([])
    for (let i = 0; i < 2 * PUNCH.maxObservers; i++) observed.note(`p${i}`, from(i), outside)
    expect(observed.all).toHaveLength(PUNCH.maxObservers)
  })
})

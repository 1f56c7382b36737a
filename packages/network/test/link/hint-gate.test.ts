import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { acceptsHint, type HintPlace } from '../../src/link/hint-gate.ts'

const place = (scope: HintPlace['scope'], listening = ['/ip4/192.168.7.20/tcp/4001']): HintPlace => ({
  scope,
  near: (host) => host.startsWith('192.168.7.'),
  listening: () => listening.map((text) => multiaddr(text))
})

const accepted = (where: HintPlace, texts: string[]): string[] =>
  texts.filter((text) => acceptsHint(text, where))

describe('an address of a link', () => {
  const all = [
    '/ip4/93.184.216.34/tcp/4001',
    '/dns4/host.example/tcp/4001',
    '/ip4/192.168.7.9/tcp/4001',
    '/ip4/192.168.8.9/tcp/4001',
    '/ip4/10.0.0.1/tcp/4001',
    '/ip4/127.0.0.1/tcp/6379',
    '/ip4/169.254.169.254/tcp/80',
    '/ip4/0.0.0.0/tcp/4001',
    '/ip4/192.0.2.1/tcp/4001',
    '/ip6/::1/tcp/4001',
    '/ip6/fe80::1/tcp/4001',
    '/unix/tmp%2Fsocket',
    'nonsense',
    `/ip4/93.184.216.34/tcp/4001/${'x'.repeat(600)}`
  ]

  test('is used on the internet, or in a LAN that this machine is on', () => {
    expect(accepted(place('any'), all)).toEqual(all.slice(0, 3))
  })

  test('stays in the LAN in a local network, and may be this machine itself', () => {
    expect(accepted(place('lan'), all)).toEqual([all[2], all[5], all[9]])
  })

  test('may be this machine where nobody else can reach us anyway', () => {
    expect(accepted(place('any', ['/ip4/127.0.0.1/tcp/4001']), all)).toContain(all[5])
    expect(accepted(place('any', []), all)).not.toContain(all[5])
  })
})

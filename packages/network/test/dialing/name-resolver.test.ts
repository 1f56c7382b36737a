import { multiaddr } from '@multiformats/multiaddr'
import { VirtualClock } from '@p2pshare/testkit'
import { describe, expect, test } from 'vitest'
import { NameResolver } from '../../src/dialing/name-resolver.ts'
import type { NameService } from '../../src/dialing/name-service.ts'

const never = new Promise<never>(() => undefined)
const PEER = 'QmNnooDu7bfjPFoTZYxMNLWUQJyrVwtbZg5gBMjTezGAJN'
const signal = (): AbortSignal => new AbortController().signal

function resolver(service: Partial<NameService>): { names: NameResolver; clock: VirtualClock } {
  const clock = new VirtualClock()
  const silent: NameService = { addresses: () => never, texts: () => never }
  return { names: new NameResolver({ ...silent, ...service }, clock), clock }
}

describe('names in addresses', () => {
  test('become IP literals with all that followed the name', async () => {
    const { names } = resolver({ addresses: async () => ['198.51.100.7', '2001:db8::7', 'nonsense'] })
    const found = await names.resolve(multiaddr(`/dns/host.example/tcp/4001/p2p/${PEER}`), signal())
    expect(found.map(String)).toEqual([
      `/ip4/198.51.100.7/tcp/4001/p2p/${PEER}`,
      `/ip6/2001:db8::7/tcp/4001/p2p/${PEER}`
    ])
  })

  test('of a dnsaddr record lead on, for the named peer only, and not for ever', async () => {
    const { names } = resolver({
      texts: async (name) => {
        if (name === '_dnsaddr.loop.example') return ['dnsaddr=/dnsaddr/loop.example']
        return [
          `dnsaddr=/ip4/198.51.100.7/tcp/1/p2p/${PEER}`,
          'dnsaddr=/ip4/198.51.100.8/tcp/1',
          'else',
          'dnsaddr=/x'
        ]
      }
    })
    const found = await names.resolve(multiaddr(`/dnsaddr/boot.example/p2p/${PEER}`), signal())
    expect(found.map(String)).toEqual([`/ip4/198.51.100.7/tcp/1/p2p/${PEER}`])
    await expect(names.resolve(multiaddr('/dnsaddr/loop.example'), signal())).rejects.toThrow(
      'too many other names'
    )
  })

  test('that nobody answers for end after their time, and say so', async () => {
    const { names, clock } = resolver({})
    const lookup = names.resolve(multiaddr('/dns4/silent.example/tcp/4001'), signal())
    const told = expect(lookup).rejects.toMatchObject({
      name: 'NameError',
      silent: true,
      message: 'DNS did not answer for silent.example within 3000 ms'
    })
    await clock.advanceAsync(3000)
    await told
  })

  test('wait for DNS in a bounded number, and end with the caller', async () => {
    const { names } = resolver({})
    const caller = new AbortController()
    const waiting = Array.from({ length: 16 }, (_, i) =>
      names.resolve(multiaddr(`/dns4/a${i}.example/tcp/1`), caller.signal)
    )
    const ended = Promise.allSettled(waiting)
    await expect(names.resolve(multiaddr('/dns4/more.example/tcp/1'), signal())).rejects.toThrow(
      '16 other lookups'
    )
    caller.abort(new Error('no longer wanted'))
    expect((await ended).every(({ status }) => status === 'rejected')).toBe(true)
  })

  test('that do not exist are told from silence', async () => {
    const { names } = resolver({
      addresses: async () => {
        throw Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })
      }
    })
    await expect(names.resolve(multiaddr('/dns4/no.example/tcp/1'), signal())).rejects.toMatchObject({
      silent: false,
      message: 'DNS has no address for no.example (ENOTFOUND)'
    })
  })
})

import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { PUNCH } from '../../src/limits/index.ts'
import { decodePunch, encodePunch } from '../../src/punch/punch-message.ts'
import { HolePunch } from '../support/stock-messages.ts'

const ID = '12D3KooWHpVouE4N2gdUks8VmDEr8iepXVAjBWzddqXeCvwH5h5x'
const OUTSIDE = multiaddr('/ip4/5.5.1.2/tcp/4000')

function connect(...texts: string[]): Uint8Array {
  return HolePunch.encode({ type: 'CONNECT', observedAddresses: texts.map((text) => multiaddr(text).bytes) })
}

describe('a message of hole punching', () => {
  test('is read by the stock implementation', () => {
    const bytes = encodePunch({ type: 'connect', addresses: [OUTSIDE.encapsulate(`/p2p/${ID}`)] })
    expect(HolePunch.decode(bytes)).toEqual({ type: 'CONNECT', observedAddresses: [OUTSIDE.bytes] })
    expect(HolePunch.decode(encodePunch({ type: 'sync', addresses: [] }))['type']).toBe('SYNC')
  })

  test('is read from the stock implementation', () => {
    const read = decodePunch(connect(OUTSIDE.toString(), `/ip6/2a00::1/tcp/4001/p2p/${ID}`))
    expect(read?.type).toBe('connect')
    expect(read?.addresses.map(String)).toEqual([OUTSIDE.toString(), '/ip6/2a00::1/tcp/4001'])
    expect(decodePunch(HolePunch.encode({ type: 'SYNC', observedAddresses: [] }))?.type).toBe('sync')
  })

  test('names nobody else: no LAN, name, relay, port of a service, or other transport', () => {
    const bytes = connect(
      ...['/ip4/192.168.1.1/tcp/4001', '/ip4/127.0.0.1/tcp/4001', '/dns4/example.com/tcp/4001'],
      ...[
        `/ip4/5.5.1.2/tcp/4001/p2p/${ID}/p2p-circuit`,
        '/ip4/5.5.1.2/tcp/22',
        '/ip4/5.5.1.2/udp/4001/quic-v1'
      ]
    )
    expect(decodePunch(bytes)?.addresses).toEqual([])
  })

  test('makes us knock at few doors', () => {
    const texts = Array.from({ length: 50 }, (_, i) => `/ip4/5.5.1.${i}/tcp/4001`)
    expect(decodePunch(connect(...texts))?.addresses).toHaveLength(PUNCH.maxAddresses)
  })

  test.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['no protobuf', Uint8Array.of(7, 7, 7)],
    ['another number', Uint8Array.of(8, 1)]
  ])('is refused: %s', (_, bytes) => expect(decodePunch(bytes)).toBeUndefined())

  test('with a malformed address loses only that', () => {
    const bytes = HolePunch.encode({
      type: 'CONNECT',
      observedAddresses: [Uint8Array.of(9, 9), OUTSIDE.bytes]
    })
    expect(decodePunch(bytes)?.addresses.map(String)).toEqual([OUTSIDE.toString()])
  })
})

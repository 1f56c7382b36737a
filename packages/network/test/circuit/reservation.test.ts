import { multiaddr } from '@multiformats/multiaddr'
import { SECOND } from '@p2pshare/base'
import { describe, expect, test } from 'vitest'
import { HOP, STATUS } from '../../src/circuit/circuit-protocol.ts'
import { decodeHop, type HopMessage } from '../../src/circuit/circuit-message.ts'
import { placeIn } from '../../src/circuit/reservation.ts'
import { CIRCUIT } from '../../src/limits/index.ts'
import { HopMessage as StockHop } from '../support/stock-messages.ts'

const RELAY = '12D3KooWHpVouE4N2gdUks8VmDEr8iepXVAjBWzddqXeCvwH5h5x'
const OTHER = '12D3KooWBmAwcd4PJNJvfV89HwE48nwkRmAgo8Vy3uQEyNNHBox2'
const WAY = multiaddr(`/ip4/5.5.1.2/tcp/4001/p2p/${RELAY}`)
const NOW = 1_800_000_000_000
const HOUR_MS = 3_600_000

function answer(reservation: { expire?: number; addresses?: string[] } = {}): HopMessage | undefined {
  const { expire = NOW / SECOND + 3600, addresses = [] } = reservation
  return decodeHop(
    StockHop.encode({
      type: 'STATUS',
      status: 'OK',
      reservation: { expire: BigInt(expire), addrs: addresses.map((text) => multiaddr(text).bytes) }
    })
  )
}

describe('a place at a relay', () => {
  test('is told under the way that we came, with an hour from a stock relay', () => {
    const place = placeIn(answer(), WAY, NOW)
    expect(place.addresses.map(String)).toEqual([`${WAY.toString()}/p2p-circuit`])
    expect(place.lasts).toBe(HOUR_MS)
  })

  test('has one more address at most: of the other version of IP', () => {
    const six = `/ip6/2a00::1/tcp/4001/p2p/${RELAY}`
    const told = [
      '/ip4/9.9.9.9/tcp/4001',
      '/ip4/8.8.8.8/tcp/4001',
      '/ip6/2a00::1/tcp/4001',
      '/ip6/2a00::2/tcp/1'
    ]
    expect(placeIn(answer({ addresses: told }), WAY, NOW).addresses.map(String)).toEqual([
      `${WAY.toString()}/p2p-circuit`,
      `${six}/p2p-circuit`
    ])
  })

  test('leads to no other peer, LAN, name or second relay', () => {
    const told = [
      `/ip6/2a00::1/tcp/4001/p2p/${OTHER}`,
      ...['/ip6/fe80::1/tcp/4001', '/ip6/fc00::1/tcp/4001', '/dns6/example.com/tcp/4001'],
      `/ip6/2a00::1/tcp/4001/p2p/${OTHER}/p2p-circuit`
    ]
    expect(placeIn(answer({ addresses: told }), WAY, NOW).addresses).toHaveLength(1)
  })

  test.each([
    ['in the past by a year', NOW / SECOND - 31_536_000, CIRCUIT.minPlace],
    ['in a year', NOW / SECOND + 31_536_000, CIRCUIT.maxPlace],
    ['missing', 0, CIRCUIT.minPlace]
  ])('is renewed at a sane time where its end is %s', (_, expire, lasts) => {
    expect(placeIn(answer({ expire }), WAY, NOW).lasts).toBe(lasts)
  })

  test.each<[string, HopMessage | undefined, string]>([
    ['nothing readable', undefined, 'network.bad-relay'],
    ['a request', { type: HOP.reserve }, 'network.bad-relay'],
    ['a yes without a place', { type: HOP.status, status: STATUS.ok }, 'network.bad-relay'],
    ['a no', { type: HOP.status, status: STATUS.reservationRefused }, 'network.relay-refused'],
    ['an unknown status', { type: HOP.status, status: 999 }, 'network.relay-refused']
  ])('is none with %s', (_, message, code) => {
    expect(() => placeIn(message, WAY, NOW)).toThrow(expect.objectContaining({ code }))
  })

  test('is none at a relay of the LAN', () => {
    const way = multiaddr(`/ip4/192.168.1.2/tcp/4001/p2p/${RELAY}`)
    expect(() => placeIn(answer(), way, NOW)).toThrow(expect.objectContaining({ code: 'network.bad-relay' }))
  })
})

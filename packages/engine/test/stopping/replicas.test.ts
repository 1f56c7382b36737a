import { describe, expect, test } from 'vitest'
import {
  freshSightings,
  MOST_REPLICAS,
  REPLICA_FRESH,
  type ReplicaSighting,
  seatOf,
  withoutPeer,
  withSighting
} from '../../src/index.ts'

const all = (...seen: [peer: string, seat: string, at: number][]): ReplicaSighting[] =>
  seen.reduce<ReplicaSighting[]>((known, [peer, seat, at]) => withSighting(known, { peer, seat, at }), [])

describe('sightings', () => {
  test('a peer counts once wherever it is, a place once whoever is there', () => {
    expect(all(['a', '1.1.1.1', 1], ['a', '2.2.2.2', 2])).toHaveLength(1)
    expect(all(['a', '1.1.1.1', 1], ['b', '1.1.1.1', 2], ['c', '1.1.1.1', 3])).toHaveLength(1)
    expect(all(['a', '1.1.1.1', 1], ['b', '2.2.2.2', 2])).toHaveLength(2)
  })

  test('a thousand keys at one address push nobody out', () => {
    let known = all(['honest', '1.1.1.1', 1])
    for (let i = 0; i < 1000; i++) known = withSighting(known, { peer: `sybil${i}`, seat: '6.6.6.6', at: 2 })
    expect(known.map(({ peer }) => peer)).toEqual(['honest', 'sybil999'])
  })

  test('are bounded, and the oldest go first', () => {
    let known: ReplicaSighting[] = []
    for (let i = 0; i <= MOST_REPLICAS; i++)
      known = withSighting(known, { peer: `p${i}`, seat: `s${i}`, at: i })
    expect(known).toHaveLength(MOST_REPLICAS)
    expect(known[0]?.peer).toBe('p1')
  })

  test('count for a day, and not once the peer has it no more', () => {
    const known = all(['a', '1.1.1.1', 0], ['b', '2.2.2.2', 1000])
    expect(freshSightings(known, REPLICA_FRESH - 1)).toHaveLength(2)
    expect(freshSightings(known, REPLICA_FRESH).map(({ peer }) => peer)).toEqual(['b'])
    expect(withoutPeer(known, 'b').map(({ peer }) => peer)).toEqual(['a'])
  })
})

test.each([
  ['/ip4/1.2.3.4/tcp/4001', false, '1.2.3.4'],
  ['/ip4/1.2.3.4/tcp/9/p2p/Qm', true, 'relay 1.2.3.4'],
  ['/ip6/2001:db8:0:7::1/tcp/1', false, '2001:db8:0:7::/64'],
  ['/ip6/2001:0db8:0000:0007:ffff::9/tcp/1', false, '2001:db8:0:7::/64'],
  ['/ip6/2001:db8::1/tcp/1', false, '2001:db8:0:0::/64'],
  ['/ip6/::1/tcp/1', false, '0:0:0:0::/64'],
  ['/ip6/::ffff:1.2.3.4/tcp/1', false, '1.2.3.4'],
  ['/dns4/example.org/tcp/1', false, 'example.org'],
  ['/memory/bob/p2p/bob', false, 'bob'],
  ['nonsense', false, 'nonsense'],
  ['', false, '']
])('%s (relayed: %s) is at %s', (address, relayed, seat) => expect(seatOf(address, relayed)).toBe(seat))

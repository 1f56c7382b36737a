import type { Peer } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { seededRng } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { JOIN } from '../../src/limits/index.ts'
import { chooseRemembered } from '../../src/node/remembered-peers.ts'

const peer = (address: string, inTable = false): Peer =>
  ({
    addresses: [{ multiaddr: multiaddr(address), isCertified: false }],
    tags: new Map(inTable ? [['kad-peer', { value: 1 }]] : [])
  }) as unknown as Peer

test('a crowd of one block does not crowd out the others, and peers of the table come first', () => {
  const crowd = Array.from({ length: 500 }, (_, i) => peer(`/ip4/5.5.5.${i % 256}/tcp/${i + 1}`, true))
  const others = Array.from({ length: 40 }, (_, i) => peer(`/ip4/9.${i}.1.1/tcp/1`, i < 20))
  const chosen = chooseRemembered([...crowd, ...others], seededRng(1))
  expect(chosen).toHaveLength(JOIN.remembered)
  expect(chosen.filter((each) => crowd.includes(each))).toHaveLength(JOIN.rememberedPerNet)
  expect(chosen.filter((each) => others.slice(0, 20).includes(each))).toHaveLength(20)
})

test('another choice each time, and all of a LAN', () => {
  const lan = Array.from({ length: 100 }, (_, i) => peer(`/ip4/192.168.1.${i}/tcp/1`))
  const rng = seededRng(1)
  const first = chooseRemembered(lan, rng)
  expect(first).toHaveLength(JOIN.remembered)
  expect(new Set([...first, ...chooseRemembered(lan, rng)]).size).toBeGreaterThan(JOIN.remembered)
  expect(chooseRemembered([], rng)).toEqual([])
})

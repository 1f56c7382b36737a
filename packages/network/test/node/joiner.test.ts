import type { Peer } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { MINUTE, seededRng } from '@p2pshare/base'
import { VirtualClock } from '@p2pshare/testkit'
import { expect, test } from 'vitest'
import { JOIN } from '../../src/limits/index.ts'
import { Joiner, type JoinerInit } from '../../src/node/joiner.ts'
import { recordingLog } from '../support/nodes.ts'

const BOOTSTRAP = '/ip4/9.9.9.9/tcp/4001/p2p/12D3KooWHGS8FQ6SMfSRfqHuTrf6m19ti3EzE2MswAqUVUFYVpCa'

/** A joiner whose dials all fail, in a node that knows so many servers. */
function setUp(servers: number, remembered: readonly string[] = []) {
  const clock = new VirtualClock()
  const dialled: string[] = []
  const peers = remembered.map(
    (address) =>
      ({ id: address, addresses: [{ multiaddr: multiaddr(address) }], tags: new Map() }) as unknown as Peer
  )
  const node = {
    dial: async (target: { toString(): string }) => {
      dialled.push(target.toString())
      throw new Error('nobody there')
    },
    peerStore: { all: async () => peers }
  }
  const lane = { size: servers, profile: { protocol: '/x' } }
  const joiner = new Joiner({
    node,
    lanes: [{ lane }],
    bootstrap: [BOOTSTRAP],
    clock,
    rng: seededRng(1),
    log: recordingLog()
  } as unknown as JoinerInit)
  const times = (target: string): number => dialled.filter((each) => each === target).length
  return { clock, joiner, times }
}

test('bootstrap peers are tried every five minutes, however many servers we know', async () => {
  const { clock, joiner, times } = setUp(50)
  joiner.start()
  await clock.advanceAsync(60 * MINUTE)
  joiner.stop()
  expect(times(BOOTSTRAP)).toBeGreaterThanOrEqual(11)
  expect(times(BOOTSTRAP)).toBeLessThanOrEqual(13)
})

test('without a server they and peers of the last run are tried soon, then every 30 s', async () => {
  const old = '/ip4/8.8.8.8/tcp/1'
  const { clock, joiner, times } = setUp(0, [old])
  joiner.start()
  await clock.advanceAsync(10_000)
  expect(times(BOOTSTRAP)).toBeGreaterThanOrEqual(4)
  expect(times(old)).toBeGreaterThanOrEqual(4)
  await clock.advanceAsync(10 * MINUTE)
  joiner.stop()
  expect(times(old)).toBeGreaterThanOrEqual(20)
  expect(times(old)).toBeLessThanOrEqual(4 + 3 + (10 * MINUTE) / JOIN.maxRetry)
})

import { expect, test } from 'vitest'
import { AMINO_BOOTSTRAP, networkFingerprint } from '../src/index.ts'
import { networkProfile } from '../src/network-profile.ts'
import { makeNode, stopAll } from './support/nodes.ts'

const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)

test('each network has its own DHTs, scope and handshake', () => {
  const open = networkProfile({ kind: 'public' })
  expect(open.lanes.map((lane) => lane.protocol)).toEqual(['/ipfs/lan/kad/1.0.0', '/ipfs/kad/1.0.0'])
  expect(open.lanes.map((lane) => lane.mode)).toEqual(['server', 'when-reachable'])
  expect(open.bootstrap).toBe(AMINO_BOOTSTRAP)
  const local = networkProfile({ kind: 'local' })
  expect(local).toMatchObject({ scope: 'lan', bootstrap: [], memberKey: undefined })
  const one = networkProfile({ kind: 'private', key: key(1), name: 'a' })
  const same = networkProfile({ kind: 'private', key: key(1), name: 'b' })
  const two = networkProfile({ kind: 'private', key: key(2), name: 'a' })
  expect(one).toEqual(same)
  expect(one.mdnsTag).not.toBe(two.mdnsTag)
  expect(one.lanes[0]?.protocol).toBe(`/p2pshare/${networkFingerprint(key(1))}/kad/1.0.0`)
})

test('a public node is put together without contacting anybody', async () => {
  const node = await makeNode({ network: { kind: 'public' } })
  expect(node.network.self).toMatch(/^12D3Koo/)
  expect(node.network.addresses()).toEqual([])
  await stopAll()
})

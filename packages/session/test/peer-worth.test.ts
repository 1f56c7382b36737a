import { Bitfield } from '@p2pshare/base'
import { expect, test } from 'vitest'
import { peerWorth, type WorthSources } from '../src/peers/peer-worth.ts'

interface Given {
  linked?: boolean
  outstanding?: number
  queued?: number
  shares?: string[]
  interested?: boolean
  pieces?: number
  complete?: boolean
  sought?: boolean
}

/** A node with one share, `cid`, and one peer. */
function worthOf(given: Given): ReturnType<typeof peerWorth> {
  const pieces = new Bitfield(8)
  for (let i = 0; i < (given.pieces ?? 0); i++) pieces.set(i as never)
  const link = {
    outstanding: { size: given.outstanding ?? 0 },
    link: { queuedData: given.queued ?? 0 },
    shares: (cid: string) => (given.shares ?? []).includes(cid)
  }
  const driver = {
    cid: 'cid',
    record: { complete: given.complete ?? false },
    members: { peers: { find: () => ({ interested: given.interested ?? false, pieces }) } },
    finder: { isSought: () => given.sought ?? false }
  }
  const sources = { find: () => (given.linked === false ? undefined : link), drivers: () => [driver] }
  return peerWorth(sources as unknown as WorthSources, 'peer')
}

test('a link without shares is worth little, one in a transfer most', () => {
  expect(worthOf({})).toEqual({ transferring: false, shares: 0, wanted: false, wanting: false })
  expect(worthOf({ outstanding: 1 })).toMatchObject({ transferring: true })
  expect(worthOf({ queued: 1 })).toMatchObject({ transferring: true })
})

test('who has pieces is wanted while we lack some; who wants ours is told apart', () => {
  const shares = ['cid']
  expect(worthOf({ shares, pieces: 1 })).toMatchObject({ shares: 1, wanted: true, wanting: false })
  expect(worthOf({ shares })).toMatchObject({ wanted: false })
  expect(worthOf({ shares, pieces: 8, complete: true, interested: true })).toMatchObject({
    wanted: false,
    wanting: true
  })
})

test('without a link a peer is wanted while one of our shares looks for it', () => {
  expect(worthOf({ linked: false })).toBeUndefined()
  expect(worthOf({ linked: false, sought: true })).toMatchObject({ shares: 1, wanted: true })
})

import { Bitfield, millis, type PieceIndex, pieceIndex } from '@p2pshare/base'
import { VirtualClock } from '@p2pshare/testkit'
import type { SwarmMessage } from '@p2pshare/wire'
import { describe, expect, test } from 'vitest'
import type { LinkPeer } from '../src/link-peer.ts'
import { PieceNews } from '../src/piece-news.ts'
import type { SharePeer } from '../src/share-peers.ts'

const PIECES = 10
const pieces = (...indices: number[]): PieceIndex[] => indices.map(pieceIndex)

/** A peer that notes what it is told. */
function listener(name: string, has: number[]): { entry: SharePeer; heard: SwarmMessage[] } {
  const heard: SwarmMessage[] = []
  const map = new Bitfield(PIECES)
  for (const piece of has) map.set(piece)
  const peer = { name, slotFor: () => 7, send: (message: SwarmMessage) => heard.push(message) }
  const entry = { peer: peer as unknown as LinkPeer, holder: false, pieces: map, interested: false }
  return { entry, heard }
}

const told = (heard: SwarmMessage[]): number[][] =>
  heard.map((message) =>
    message.type === 'piece-delta' ? message.added.flatMap(({ start, count }) => [start, count]) : []
  )

describe('news of pieces', () => {
  test('go at once to who lacks the piece or gave it, and together after 5 s to who has it', () => {
    const clock = new VirtualClock()
    const [lacks, has, gave] = [listener('lacks', []), listener('has', [1, 2]), listener('gave', [1, 2])]
    const news = new PieceNews('cid', clock, () => [lacks.entry, has.entry, gave.entry])
    news.gave('gave', pieceIndex(1), 2)
    news.tell(pieces(1), [])
    news.tell(pieces(2), [])
    expect(told(lacks.heard)).toEqual([
      [1, 1],
      [2, 1]
    ])
    expect(told(gave.heard)).toEqual(told(lacks.heard))
    expect(has.heard).toEqual([])
    clock.advance(millis(5000))
    expect(told(has.heard)).toEqual([[1, 2]])
  })

  test('nothing is told late that is lost meanwhile, and nothing is left untold at the end', () => {
    const clock = new VirtualClock()
    const has = listener('has', [1, 2])
    const news = new PieceNews('cid', clock, () => [has.entry])
    news.tell(pieces(1), [])
    news.tell([], pieces(1))
    expect(has.heard.map((message) => message.type === 'piece-delta' && message.removed.length)).toEqual([
      0, 1
    ])
    news.tell(pieces(2), [])
    news.flush()
    expect(told(has.heard).at(-1)).toEqual([2, 1])
    clock.advance(millis(20_000))
    expect(has.heard).toHaveLength(3)
  })
})

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { randomBytes } from '@p2pshare/testkit'
import { seededRng } from '@p2pshare/base'
import { makeContent, World } from './node.ts'

const MIB = 1024 * 1024
let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

describe('pieces of other shares', () => {
  test('what another share of this node has is copied, not fetched', async () => {
    const common = randomBytes(seededRng(1), 6 * MIB + 100)
    const mine = makeContent(2, { 'song.bin': common })
    const wanted = makeContent(3, { 'a.txt': 3000, 'song.bin': common })
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    await seeder.seed('wanted', wanted)
    await fetcher.seed('mine', mine)
    const share = await fetcher.fetch(wanted.cid)
    await world.until('the fetch is complete', () => share.record.complete)
    expect(share.record.downloaded).toBe(3000)
  })

  test('a copy that went wrong on disk is fetched instead', async () => {
    const common = randomBytes(seededRng(4), 3 * MIB)
    const mine = makeContent(5, { 'song.bin': common })
    const wanted = makeContent(6, { 'a.txt': 3000, 'song.bin': common })
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    await seeder.seed('wanted', wanted)
    await fetcher.seed('mine', { ...mine, block: (piece) => mine.block(piece).fill(7) })
    const share = await fetcher.fetch(wanted.cid)
    await world.until('the fetch is complete', () => share.record.complete)
    expect(share.record.downloaded).toBe(wanted.layout.size)
  })

  test('a block that the share has many times is fetched once', async () => {
    const zeros = new Uint8Array(12 * MIB)
    const wanted = makeContent(7, { 'zeros.bin': zeros, 'a.txt': 3000 })
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    await seeder.seed('wanted', wanted)
    const share = await fetcher.fetch(wanted.cid)
    await world.until('the fetch is complete', () => share.record.complete)
    expect(share.record.downloaded).toBeLessThan(12 * MIB)
  })

  test('a peer of another share is asked, and gives what that share has in common with ours', async () => {
    const common = randomBytes(seededRng(8), 8 * MIB)
    const other = makeContent(9, { 'song.bin': common, 'b.txt': 500 })
    const wanted = makeContent(10, { 'a.txt': 3000, 'song.bin': common })
    const [seeder, holder, fetcher] = [
      await world.node('seeder'),
      await world.node('holder'),
      await world.node('fetcher')
    ]
    await seeder.seed('wanted', wanted)
    await holder.seed('other', other)
    const first = await fetcher.fetch(other.cid)
    // Linked because of the other share, of which nothing but the small file is wanted.
    await world.until('its index is here', () => first.record.indexed)
    await first.wishes.wish({ priorities: { skip: { paths: ['song.bin'], globs: [], numbers: [] } } })
    const share = await fetcher.fetch(wanted.cid)
    await world.until('the fetch is complete', () => share.record.complete)
    const fromHolder = holder.session.share(other.cid).record.uploaded
    expect(fromHolder).toBeGreaterThan(MIB)
  })
})

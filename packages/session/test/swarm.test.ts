import { ShareError } from '@p2pshare/base'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeContent, World } from './node.ts'

const MIB = 1024 * 1024
let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

describe('fetching by hash', () => {
  test('a folder comes whole from one seeder, under the name that the seeder gives it', async () => {
    const content = makeContent(1, { 'a.bin': 3 * MIB + 5, 'deep/er/b.bin': 700, empty: 0, 'c.txt': 10 })
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    await seeder.seed('holiday', content)
    const share = await fetcher.fetch(content.cid)
    await world.until('the fetch is complete', () => share.record.complete)
    expect(share.record).toMatchObject({ name: 'holiday', path: '/downloads/holiday', state: 'seeding' })
    expect(fetcher.files.stores.at(-1)?.finished).toBe(true)
    for (let i = 0; i < content.layout.pieceCount; i++) {
      const piece = i as Parameters<typeof content.block>[0]
      const stored = await fetcher.files.stores
        .at(-1)
        ?.read(piece, 0 as never, content.layout.blockSize(piece))
      expect(stored).toEqual(content.block(piece))
    }
  })

  test('a single block is fetched although its size is unknown before', async () => {
    const content = makeContent(2, { '': 12 })
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    await seeder.seed('tiny.txt', content)
    const share = await fetcher.fetch(content.cid)
    await world.until('the fetch is complete', () => share.record.complete)
    expect(share.record).toMatchObject({ size: 12, pieces: 1 })
  })

  test('a suggested name that is taken is not used', async () => {
    const content = makeContent(3, { '': 2000 })
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    await seeder.seed('taken', content)
    fetcher.files.occupy('/downloads/taken')
    const share = await fetcher.fetch(content.cid)
    await world.until('the fetch is complete', () => share.record.complete)
    expect(share.record.path).toBe(`/downloads/${content.cid}`)
  })

  test('a second fetch serves from the first when the seeder is gone', async () => {
    const content = makeContent(4, { '': 5 * MIB })
    const [seeder, second, third] = [
      await world.node('seeder'),
      await world.node('second'),
      await world.node('third')
    ]
    await seeder.seed('song', content)
    const first = await second.fetch(content.cid)
    await world.until('the first fetch is complete', () => first.record.complete)
    await seeder.session.stop()
    world.board.leave('seeder')
    const share = await third.fetch(content.cid)
    await world.until('the second fetch is complete', () => share.record.complete)
    expect(second.session.share(content.cid).record.uploaded).toBeGreaterThanOrEqual(5 * MIB)
  })
})

describe('trouble with peers', () => {
  test('a peer with wrong bytes is banned after two pieces; the honest one completes the share', async () => {
    const content = makeContent(5, { '': 12 * MIB })
    const [honest, liar, fetcher] = [
      await world.node('honest'),
      await world.node('liar'),
      await world.node('fetcher')
    ]
    const wrong = {
      ...content,
      block: (piece: Parameters<typeof content.block>[0]) => content.block(piece).fill(1)
    }
    await liar.seed('song', wrong)
    const share = await fetcher.fetch(content.cid)
    await world.until('the liar is banned', () => fetcher.catalogue.bans().length > 0)
    expect(fetcher.catalogue.bans()).toMatchObject([{ peer: 'liar', reason: 'bad-piece' }])
    expect(share.bytes.have?.isEmpty).toBe(true)
    await honest.seed('song', content)
    await world.until('the fetch is complete', () => share.record.complete)
    expect(fetcher.catalogue.bans()).toHaveLength(1)
  })

  test('a seeder whose file changed refuses, says why, and the fetch goes on elsewhere', async () => {
    const content = makeContent(6, { '': 4 * MIB })
    const [seeder, other, fetcher] = [
      await world.node('seeder'),
      await world.node('other'),
      await world.node('fetcher')
    ]
    const seeding = await seeder.seed('song', content)
    const changed = new ShareError({
      code: 'storage.changed',
      fault: 'disk',
      message: 'song changed',
      hint: '-'
    })
    await seeding.bytes.open()
    for (const store of seeder.files.stores) store.readFailure = changed
    const share = await fetcher.fetch(content.cid)
    await world.until('the seeder noticed', () => seeding.state.state === 'error')
    expect(seeding.state.reason).toBe('song changed')
    expect(share.record.complete).toBe(false)
    await other.seed('song', content)
    await world.until('the fetch is complete', () => share.record.complete)
  })

  test('a chunk that only the holder of another share has is found and fetched', async () => {
    const folder = makeContent(7, { 'a.bin': 2 * MIB, 'b.bin': 600_000 })
    const b = [...folder.layout.files].findIndex((file) => file.path[0] === 'b.bin')
    const missing = folder.layout.files.at(b)?.firstPiece ?? -1
    const alone = makeContent(8, { '': folder.block(missing as never) })
    const [partial, holder, fetcher] = [
      await world.node('partial'),
      await world.node('holder'),
      await world.node('fetcher')
    ]
    const all = Array.from({ length: folder.layout.pieceCount }, (_, i) => i)
    await partial.seed('folder', folder)
    const part = partial.session.share(folder.cid)
    await part.stop()
    // The same share, as a fetch that lacks one piece.
    partial.catalogue.putShare({ ...part.record, complete: false, state: 'fetching' })
    partial.files.place(
      '/x',
      folder.cid,
      folder.layout,
      folder.block,
      all.filter((i) => i !== missing)
    )
    partial.session.start()
    await holder.seed('b-alone.bin', alone)
    const share = await fetcher.fetch(folder.cid)
    await world.until('the fetch is complete', () => share.record.complete)
    expect(holder.session.share(alone.cid).record.complete).toBe(true)
  })
})

describe('trouble at home', () => {
  test('a full disk pauses the fetch, says so, and the fetch goes on by itself', async () => {
    const content = makeContent(9, { '': 6 * MIB })
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    await seeder.seed('song', content)
    fetcher.files.free = 1000
    const share = await fetcher.fetch(content.cid)
    await world.until('the fetch is paused', () => share.state.state === 'paused')
    expect(share.state.reason).toMatch(/disk full/)
    fetcher.files.free = 1e12
    await world.until('the fetch is complete', () => share.record.complete)
  })

  test('a share with a damaged index is in error; the others start', async () => {
    const [broken, sound] = [makeContent(12, { '': 3 * MIB }), makeContent(13, { '': 2 * MIB })]
    const node = await world.node('node')
    const [one, two] = [await node.seed('one', broken), await node.seed('two', sound)]
    await node.session.stop()
    node.catalogue.removeShare(broken.cid)
    node.catalogue.putShare(one.record)
    node.session.start()
    await world.until('the damage is noticed', () => node.session.share(broken.cid).state.state === 'error')
    expect(node.session.share(broken.cid).failure?.code).toBe('content.index-incomplete')
    expect(node.session.share(two.cid).state.state).toBe('seeding')
  })

  test('a fetch that is paused in the middle goes on where it stopped, from the same peer', async () => {
    const content = makeContent(11, { '': 8 * MIB })
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    await seeder.seed('song', content)
    const share = await fetcher.fetch(content.cid)
    await world.until('some pieces are here', () => (share.bytes.have?.count ?? 0) > 1)
    fetcher.session.pause(share)
    share.resume()
    await world.until('the fetch is complete', () => share.record.complete)
    expect(share.record.downloaded).toBeLessThan(content.layout.size * 2)
  })

  test('a paused share serves nobody and asks nobody until it is resumed', async () => {
    const content = makeContent(10, { '': 3 * MIB })
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    const seeding = await seeder.seed('song', content)
    seeder.session.pause(seeding)
    const share = await fetcher.fetch(content.cid)
    for (let i = 0; i < 50; i++) await world.clock.advanceAsync(100)
    expect(share.record).toMatchObject({ complete: false, indexed: false })
    seeding.resume()
    await world.until('the fetch is complete', () => share.record.complete)
  })
})

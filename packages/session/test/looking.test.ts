import { parseShareRef } from '@p2pshare/content'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Content, makeContent, type Node, World } from './node.ts'

const MIB = 1024 * 1024
let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

async function seederAndLooker(content: Content): Promise<{ seeder: Node; looker: Node }> {
  const [seeder, looker] = [await world.node('seeder'), await world.node('looker')]
  await seeder.seed('photos', content)
  return { seeder, looker }
}

describe('looking at a share', () => {
  test('brings its index and nothing of its content; no job and nothing stored stays', async () => {
    const content = makeContent(21, { 'a.bin': 3 * MIB, 'b/c.bin': 2 * MIB })
    const { seeder, looker } = await seederAndLooker(content)
    const { looks } = looker.session
    const look = looks.join(parseShareRef(content.cid))
    expect(looks.join(parseShareRef(content.cid))).toBe(look)
    await world.until('the index is here', () => look.layout !== undefined)
    expect([...(look.layout?.files ?? [])].map(({ path }) => path)).toEqual([['a.bin'], ['b', 'c.bin']])
    for (let i = 0; i < 50; i++) await world.clock.advanceAsync(100)
    expect(seeder.session.share(content.cid).record.uploaded).toBe(0)
    expect(looker.session.shares()).toEqual([])
    expect(looker.catalogue.shares()).toEqual([])
    expect(looker.catalogue.indexBlocks(content.cid)).toEqual([])
    looks.leave(look)
    expect(looks.find(content.cid)).toBe(look)
    looks.leave(look)
    expect(looks.find(content.cid)).toBeUndefined()
  })

  test('ends when the last looker leaves, found or not', async () => {
    const looker = await world.node('looker')
    const look = looker.session.looks.join(parseShareRef(makeContent(22, { 'a.bin': MIB }).cid))
    await world.clock.advanceAsync(5000)
    expect(look.finder.isSeeking).toBe(true)
    looker.session.looks.leave(look)
    expect([look.finder.isSeeking, look.stopped]).toEqual([false, true])
    expect([...looker.session.looks.all()]).toEqual([])
  })

  test('a fetch of the same share takes over what is here, and the look ends', async () => {
    const content = makeContent(23, { 'a.bin': 3 * MIB, 'b.bin': MIB })
    const { looker } = await seederAndLooker(content)
    const look = looker.session.looks.join(parseShareRef(content.cid))
    await world.until('the index is here', () => look.layout !== undefined)
    const share = await looker.fetch(content.cid)
    expect(look.stopped).toBe(true)
    expect(looker.catalogue.indexBlocks(content.cid).length).toBeGreaterThan(0)
    await world.until('all is here', () => share.record.complete)
    // Who looked leaves later: that is no matter of the fetch.
    looker.session.looks.leave(look)
    expect(looker.session.share(content.cid)).toBe(share)
  })

  test('sixteen shares at a time', async () => {
    const { looks } = (await world.node('looker')).session
    const refs = Array.from({ length: 17 }, (_, i) =>
      parseShareRef(makeContent(100 + i, { 'a.bin': 100 }).cid)
    )
    const all = refs.slice(0, 16).map((ref) => looks.join(ref))
    expect(() => looks.join(refs[16] as (typeof refs)[0])).toThrow(
      expect.objectContaining({ code: 'session.too-many-looks' })
    )
    for (const look of all) looks.leave(look)
    expect(() => looks.join(refs[16] as (typeof refs)[0])).not.toThrow()
  })
})

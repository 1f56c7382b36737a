import { CID } from 'multiformats/cid'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { makeContent, World } from './node.ts'
import { StrangeLink } from './stranger.ts'

const MIB = 1024 * 1024
const content = makeContent(1, { '': 3 * MIB })
const other = makeContent(2, { '': 2 * MIB })
let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

describe('peers that are connected anyway', () => {
  test('are asked for a share at once, and for its index with the same breath', async () => {
    const fetcher = await world.node('fetcher')
    const stranger = await StrangeLink.join(await world.stranger('stranger'), 'fetcher', other.cid)
    const before = stranger.heard.length
    await fetcher.fetch(content.cid)
    await stranger.settled()
    const { digest } = CID.parse(content.cid).multihash
    expect(stranger.heard.slice(before)).toEqual([
      expect.objectContaining({ type: 'subscribe', root: CID.parse(content.cid).bytes }),
      expect.objectContaining({ type: 'block-request', digest })
    ])
  })

  test('give what no directory tells of', async () => {
    const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
    await seeder.seed('first', other)
    const first = await fetcher.fetch(other.cid)
    await world.until('the first fetch is complete', () => first.record.complete)
    world.board.leave('seeder')
    await seeder.seed('second', content)
    const second = await fetcher.fetch(content.cid)
    await world.until('the second fetch is complete', () => second.record.complete)
    expect(second.finder.report).toMatchObject({ found: 1 })
  })

  test('are no obstacle when they lack it: who has it is found as ever', async () => {
    const [idle, fetcher] = [await world.node('idle'), await world.node('fetcher')]
    await idle.seed('first', other)
    const first = await fetcher.fetch(other.cid)
    await world.until('the first fetch is complete', () => first.record.complete)
    await (await world.node('seeder')).seed('second', content)
    const second = await fetcher.fetch(content.cid)
    await world.until('the second fetch is complete', () => second.record.complete)
    expect(second.record).toMatchObject({ size: 3 * MIB, state: 'seeding' })
  })
})

test('who takes part in one of our shares is a member, who is only connected is none', async () => {
  const [seeder, fetcher] = [await world.node('seeder'), await world.node('fetcher')]
  // Not all of it, or both had no more business with each other soon.
  await seeder.seed('first', other, [0])
  await fetcher.fetch(other.cid)
  await world.until('they met', () => seeder.session.hasMember('fetcher'))
  const stranger = await StrangeLink.join(await world.stranger('stranger'), 'seeder', content.cid)
  await stranger.settled()
  const { session } = seeder
  expect(['fetcher', 'stranger', 'nobody'].map((peer) => session.hasMember(peer))).toEqual([
    true,
    false,
    false
  ])
  await session.remove(session.share(other.cid), false)
  expect(session.hasMember('fetcher')).toBe(false)
})

import { ShareError } from '@p2pshare/base'
import { parseShareRef } from '@p2pshare/content'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeContent, type Node, World } from '../node.ts'

const MIB = 1024 * 1024
let world: World
beforeEach(() => {
  world = new World()
})
afterEach(() => world.stop())

const seconds = async (count: number): Promise<void> => {
  for (let i = 0; i < count * 10; i++) await world.clock.advanceAsync(100)
}

/** A fetcher alone with the index of shares, since nobody has their pieces. */
async function fetcherOf(...seeds: number[]): Promise<{ node: Node; cids: string[] }> {
  const contents = seeds.map((seed) => makeContent(seed, { '': 6 * MIB }))
  const seeder = await world.node('seeder')
  for (const content of contents) await seeder.seed(`film-${content.cid}`, content, [])
  const node = await world.node('fetcher')
  return { node, cids: contents.map(({ cid }) => cid) }
}

test('space is reserved for what is to come: the second of two fetches waits for the first to go', async () => {
  const { node, cids } = await fetcherOf(1, 2)
  node.files.free = 10 * MIB
  const first = await node.fetch(cids[0] ?? '')
  await world.until('the first looks for pieces', () => first.stage === 'pieces')
  const second = await node.fetch(cids[1] ?? '')
  await world.until('the second waits', () => second.state.state === 'paused')
  expect(second.state.reason).toBe(
    'disk full: 6.0 MiB still to come, 10.0 MiB to use on the disk at /, of which 6.0 MiB are reserved for other fetches; goes on by itself when there is space'
  )
  expect(first.state.state).toBe('fetching')
  expect(node.session.why(second).findings[0]).toMatchObject({
    code: 'disk-full',
    text: expect.stringContaining('reserved')
  })
  await seconds(20)
  expect(second.state.state).toBe('paused')

  node.session.pause(first)
  await world.until('the second goes on', () => second.stage === 'pieces')
  first.resume()
  await world.until(
    'now the first waits',
    () => first.state.state === 'paused' && first.record.state === 'fetching'
  )
})

test('on another disk nothing is reserved', async () => {
  const { node, cids } = await fetcherOf(1, 2)
  node.files.free = 6 * MIB
  node.files.disks.set('/other', { free: 6 * MIB })
  const first = await node.fetch(cids[0] ?? '')
  const wish = { folder: '/other', force: false }
  const second = await node.session.fetch(parseShareRef(cids[1] ?? ''), wish)
  await world.until('both run', () => first.stage === 'pieces' && second.stage === 'pieces')
})

test('under min-free what runs pauses before the disk is full, and goes on by itself', async () => {
  const { node, cids } = await fetcherOf(1)
  const share = await node.fetch(cids[0] ?? '')
  await world.until('it runs', () => share.stage === 'pieces')
  node.files.free = 0
  await world.until('it pauses', () => share.state.state === 'paused')
  expect(share.state.reason).toMatch(/^disk full: 6.0 MiB still to come, 0 B to use/)
  node.files.free = 5 * MIB
  await seconds(20)
  // All that is still to come must have room, so that it does not stop again at once.
  expect(share.state).toMatchObject({ state: 'paused', reason: expect.stringMatching(/5.0 MiB to use/) })
  node.files.free = 6 * MIB
  await world.until('it goes on', () => share.state.state === 'fetching')
  expect(share.stage).toBe('pieces')
})

test('a write that fails for space pauses it too, and a pause by hand outlasts the space', async () => {
  const { node, cids } = await fetcherOf(1)
  const share = await node.fetch(cids[0] ?? '')
  await world.until('it looks for pieces', () => share.stage === 'pieces')
  const full = new ShareError({ code: 'storage.disk-full', fault: 'disk', message: 'no space left for x' })
  for (const store of node.files.stores) store.writeFailure = full
  const content = makeContent(1, { '': 6 * MIB })
  await (await world.node('second seeder')).seed('film', content)
  await world.until('it pauses', () => share.state.state === 'paused')
  expect(share.state.reason).toBe('disk full: no space left for x; goes on by itself when there is space')
  node.files.free = 0
  node.session.pause(share)
  expect(share.state).toEqual({ state: 'paused', reason: undefined })
  node.files.free = 1e12
  for (const store of node.files.stores) store.writeFailure = undefined
  await seconds(30)
  expect(share.state.state).toBe('paused')
  share.resume()
  await world.until('all is here', () => share.record.complete)
})
